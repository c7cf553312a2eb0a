"""Where sessions are kept: under a hash of the cookie, and sealed, so that a copy tells nothing."""

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from healthmsg.clinic import strongbox


class SessionStore(db.SessionStore):
    """Django's own in the database, but for the name of a row, and what can be read in it."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        return self._known(self._kept().first())

    async def _aget_session_from_db(self) -> AbstractBaseSession | None:
        return self._known(await self._kept().afirst())

    def exists(self, session_key: str) -> bool:
        return super().exists(_hash(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(_hash(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _sealed(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _sealed(await super().acreate_model_instance(data))

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
        if kept is None or not _opens(kept):
            # A key that is not ours is never taken over: another one is made.
            self._session_key = None
            return None
        return kept


def _sealed(session: AbstractBaseSession) -> AbstractBaseSession:
    session.session_key = _hash(session.session_key)
    words = session.session_data.encode()
    session.session_data = strongbox.seal_text(words, of=_whose(session))
    return session


def _opens(session: AbstractBaseSession) -> bool:
    """Open what a row says; False where it is in clear, another row's, or under a key taken out."""
    try:
        words = strongbox.unseal_text(session.session_data, of=_whose(session)).decode()
    except (strongbox.WrongKeys, ValueError):
        return False
    session.session_data = words
    return True


def _whose(session: AbstractBaseSession) -> str:
    return f"session {session.session_key}"


def _hash(key: str) -> str:
    # 160 of its bits, as the column is 40 characters wide; a key has 165 bits of chance, so that
    # nothing need be added to keep others from guessing.
    return hashlib.sha256(key.encode()).hexdigest()[:40]
