"""Looks for words in every table there is."""

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from healthmsg.clinic import audit


def where_it_stands(*words: str) -> Iterator[str]:
    """Every table that holds one of these words, once the audit's minute is over."""
    while audit.seal(now=timezone.now()):
        pass
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            for word in words:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE %s',  # noqa: S608
                    [f"%{word}%"],
                )
                if cursor.fetchone()[0]:
                    yield f"{table}: {word}"
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" row'  # noqa: S608
                    " WHERE strpos(row::text, encode(convert_to(%s, 'UTF8'), 'hex')) > 0",
                    [word],
                )
                if cursor.fetchone()[0]:
                    yield f"{table}, bytes: {word}"
