"""What a live clinic may not run without, and what to know where one of it is asked for anew."""

from collections.abc import Callable, Sequence

# See healthmsg.clinic.going_live. The sandbox's secrets are known to everybody: they are no secrets
# of a live clinic.
FOR_LIVE = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "AUDIT_KEYS",
    "WHATSAPP_BASE_URL",
    "WHATSAPP_TOKEN",
    "WHATSAPP_APP_SECRETS",
    "WHATSAPP_VERIFY_TOKEN",
)
_HINTS = {
    # Until it was asked for, SECRET_KEY stood in its place.
    "AUDIT_KEYS": " What is sealed in the database lies under SECRET_KEY where AUDIT_KEYS was never"
    " set: give it the value of SECRET_KEY first, and change it as .env.example says."
}


def missing(said: Callable[[str], str], *, uses_sandbox: bool) -> tuple[str, ...]:
    """
    Return the names that are not set, or set to what is no secret.

    :param said: what the environment says of a name, "" where nothing
    """
    return tuple(
        name
        for name in FOR_LIVE
        if not said(name)
        or said(name).startswith("sandbox-")
        or (name == "WHATSAPP_BASE_URL" and uses_sandbox)
    )


def hint(names: Sequence[str]) -> str:
    """Return what to know before these are set, "" where nothing."""
    return "".join(_HINTS[name] for name in names if name in _HINTS)
