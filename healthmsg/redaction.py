"""The logs' second net: what the database quotes of a row in its errors is never printed."""

import logging
import re
from collections.abc import Iterator, Mapping

import django.db
import psycopg

# PostgreSQL quotes rows in these lines of an error; in the repr of an exception they are one line.
_QUOTING = "DETAIL|CONTEXT|HINT|STATEMENT|QUERY|WHERE"
_LINES = re.compile(rf"^(\W*)(?:{_QUOTING}):.*$", re.MULTILINE)
_ESCAPED = re.compile(rf"\\+n(?:{_QUOTING}):.*?(?=\\+n|['\"]\)|$)", re.MULTILINE)
_LEFT_OUT = "(left out)"
_MOST_CAUSES = 20


class Formatter(logging.Formatter):
    """Prints an error of the database as its code and the constraint it met, never as its words."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for error in _errors_in(record):
            text = _without_words(text, error)
        return _ESCAPED.sub("", _LINES.sub(rf"\1{_LEFT_OUT}", text))


def in_short(error: BaseException) -> str:
    """Return such as "23505 on phone_once_per_clinic"; client-side errors keep their first line."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return _LEFT_OUT
    if cause.sqlstate:
        constraint = cause.diag.constraint_name
        return f"{cause.sqlstate} on {constraint}" if constraint else cause.sqlstate
    # Never came to a row: no connection, or none any more.
    is_line = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return str(cause).partition("\n")[0] if is_line else _LEFT_OUT


def _without_words(text: str, error: BaseException) -> str:
    short = in_short(error)
    for words in {repr(error), str(error), repr(str(error))} - {""}:
        # Inside another repr its line breaks are escaped.
        for form in (words, words.replace("\n", "\\n")):
            text = text.replace(form, short)
    first = str(error).partition("\n")[0]
    # Celery and groups of errors indent or cut what follows the first line.
    return text.replace(first, short) if len(first) > len(short) else text


def _errors_in(record: logging.LogRecord) -> list[BaseException]:
    given = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
    roots = [value for value in (record.msg, *given) if isinstance(value, BaseException)]
    if record.exc_info and record.exc_info[1]:
        roots.append(record.exc_info[1])
    found = {id(error): error for root in roots for error in _chain(root)}
    return [e for e in found.values() if isinstance(e, django.db.Error | psycopg.Error)]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error with what caused it, what it came upon, and what it is a group of."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST_CAUSES:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [e for e in (one.__cause__, one.__context__, *inner) if e is not None]
