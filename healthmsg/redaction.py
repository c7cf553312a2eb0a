"""The logs' second net: what an error quotes of a row, or of what was typed, is not printed."""

import copy
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from types import TracebackType

import django.db
import psycopg

# PostgreSQL quotes rows in these lines of an error; in the repr of an exception they are one line.
_QUOTING = "DETAIL|CONTEXT|HINT|STATEMENT|QUERY|WHERE"
_LINES = re.compile(rf"^(\W*)(?:{_QUOTING}):.*$", re.MULTILINE)
_ESCAPED = re.compile(rf"\\+n(?:{_QUOTING}):.*?(?=\\+n|['\"]\)|$)", re.MULTILINE)
_LEFT_OUT = "(left out)"
_MOST_CAUSES = 20
_OF_THE_DATABASE = (django.db.Error, psycopg.Error)
# These quote the program itself, or a place on the disk; all others quote what they were given.
_QUOTE_NOBODY = (AttributeError, ImportError, NameError, OSError, TypeError)
_QUOTED = re.compile(r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|“[^”\n]*”""")

logger = logging.getLogger(__name__)


class Formatter(logging.Formatter):
    """
    Prints an error of the database as its code and the constraint it met, never as its words.

    Of any other error it leaves out what stands in quotes: `int` and `date` repeat what was typed.
    Of a page that failed it prints what kind of page it was: some addresses open what they lead to.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(_without_its_address(record))
        for error in _errors_in(record):
            if isinstance(error, _OF_THE_DATABASE):
                text = _without_words(text, error)
            elif not isinstance(error, _QUOTE_NOBODY):
                text = _without_quotes(text, error)
        return _ESCAPED.sub("", _LINES.sub(rf"\1{_LEFT_OUT}", text))


def _without_its_address(record: logging.LogRecord) -> logging.LogRecord:
    request = getattr(record, "request", None)
    path = getattr(request, "path", None)
    if not isinstance(path, str) or not isinstance(record.args, tuple):
        return record
    # As Django passes it on, and as it escapes it first.
    forms = {path, path.encode("unicode_escape").decode("ascii")}
    shown = copy.copy(record)
    shown.args = tuple(
        _kind_of_page(request, path) if isinstance(one, str) and one in forms else one
        for one in record.args
    )
    return shown


def _kind_of_page(request: object, path: str) -> str:
    match = getattr(request, "resolver_match", None)
    if match is not None:
        return f"/{match.route}"
    # No page: a link with a letter too many opens once somebody takes it away.
    first, slash, _rest = path.removeprefix("/").partition("/")
    return f"/{first}/{_LEFT_OUT}" if slash else f"/{_LEFT_OUT}"


def log_what_ends_a_command(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """As `sys.excepthook`: Python's own prints an error in full, and cron mails what is printed."""
    if isinstance(error, Exception):
        logger.critical("it broke off", exc_info=error)
    else:
        sys.__excepthook__(kind, error, trace)


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


def _without_quotes(text: str, error: BaseException) -> str:
    words = str(error)
    kept = _QUOTED.sub(_LEFT_OUT, words)
    # Celery prints the repr, and an error's arguments may say more than its words.
    text = text.replace(repr(error), f"{type(error).__name__}({kept})")
    return text.replace(words, kept) if kept != words else text


def _errors_in(record: logging.LogRecord) -> list[BaseException]:
    given = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
    roots = [value for value in (record.msg, *given) if isinstance(value, BaseException)]
    if record.exc_info and record.exc_info[1]:
        roots.append(record.exc_info[1])
    return list({id(error): error for root in roots for error in _chain(root)}.values())


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
