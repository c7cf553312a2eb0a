"""Asynchronous connections to the database that Django's settings name."""

from typing import Any

import psycopg
from django.db import connection as django_connection
from psycopg.rows import TupleRow

AsyncConnection = psycopg.AsyncConnection[TupleRow]


async def connect(**options: Any) -> AsyncConnection:
    """Open a connection in autocommit with Django's own parameters."""
    parameters = {
        name: value
        for name, value in django_connection.get_connection_params().items()
        # Django's own classes; psycopg's asynchronous connections refuse them. And Django never
        # prepares: planning a claim takes ten times as long as running it.
        if name not in {"cursor_factory", "context", "prepare_threshold"}
    }
    return await psycopg.AsyncConnection.connect(**parameters | options, autocommit=True)
