"""Where sessions are kept: under a hash of what the cookie holds, so that a copy lets nobody in."""

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone


class SessionStore(db.SessionStore):
    """Django's own in the database, but for the name under which a row stands there."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        return self._known(self._kept().first())

    async def _aget_session_from_db(self) -> AbstractBaseSession | None:
        return self._known(await self._kept().afirst())

    def exists(self, session_key: str) -> bool:
        return super().exists(_hash(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(_hash(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _hashed(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _hashed(await super().acreate_model_instance(data))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(_hash(key))

    async def adelete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            await super().adelete(_hash(key))

    def _kept(self) -> Any:
        key = _hash(self.session_key or "")
        return Session.objects.filter(session_key=key, expire_date__gt=timezone.now())

    def _known(self, kept: AbstractBaseSession | None) -> AbstractBaseSession | None:
        if kept is None:
            # A key that is not ours is never taken over: another one is made.
            self._session_key = None
        return kept


def _hashed(session: AbstractBaseSession) -> AbstractBaseSession:
    session.session_key = _hash(session.session_key)
    return session


def _hash(key: str) -> str:
    # 160 of its bits, as the column is 40 characters wide; a key has 165 bits of chance, so that
    # nothing need be added to keep others from guessing.
    return hashlib.sha256(key.encode()).hexdigest()[:40]
