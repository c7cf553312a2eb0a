"""What `manage.py check` says of an installation that is half configured."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004


@register(Tags.compatibility)
def half_configured(**_kwargs: Any) -> list[CheckMessage]:
    """Name what is missing where only some of a real installation's variables are set."""
    missing = settings.MISSING_FOR_LIVE
    if not missing or len(missing) == len(settings.NEEDED_FOR_LIVE):
        return []
    return [
        Warning(
            f"{name} is not set, though other variables of a real installation are.",
            hint=f"Set {name} (see .env.example), or unset the others to practice.",
            id=f"clinic.W00{number}",
        )
        for number, name in enumerate(missing, start=1)
    ]


@register(Tags.security, deploy=True)
def behind_an_unknown_proxy(**_kwargs: Any) -> list[CheckMessage]:
    """With HTTPS there is a proxy, and unnamed it makes all visitors look like one."""
    if not settings.HAS_HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "TRUSTED_PROXIES is not set: wrong passwords lock a name out for everybody.",
            hint="Set TRUSTED_PROXIES to the addresses of the proxies before web.",
            id="clinic.W030",
        )
    ]


@register(Tags.security)
def with_the_sandboxs_secrets(**_kwargs: Any) -> list[CheckMessage]:
    """What the sandbox uses is known to everybody: with it anybody could sign notices."""
    if settings.USES_SANDBOX:
        return []
    used = (
        ("WHATSAPP_TOKEN", settings.WHATSAPP_TOKEN),
        ("WHATSAPP_APP_SECRETS", ",".join(settings.WHATSAPP_APP_SECRETS)),
        ("WHATSAPP_VERIFY_TOKEN", settings.WHATSAPP_VERIFY_TOKEN),
    )
    return [
        Warning(
            f"{name} is not set, or is the sandbox's, though WHATSAPP_BASE_URL is a real one.",
            hint=f"Set {name} (see .env.example).",
            id=f"clinic.W02{number}",
        )
        for number, (name, secret) in enumerate(used)
        if not secret or "sandbox-" in secret
    ]


@register(Tags.security, deploy=True)
def on_the_sandbox(**_kwargs: Any) -> list[CheckMessage]:
    """The sandbox is for practice: a deployment that uses it reaches nobody."""
    if not settings.USES_SANDBOX:
        return []
    return [
        Warning(
            "WHATSAPP_BASE_URL is not set: messages go to the sandbox and reach nobody.",
            hint="Set WHATSAPP_BASE_URL=https://graph.facebook.com.",
            id="clinic.W010",
        )
    ]


@register(Tags.security, deploy=True)
def shown_in_frames(**_kwargs: Any) -> list[CheckMessage]:
    """The demo's page shows ours in a frame; a deployment's would be open to clickjacking."""
    if not settings.FRAMED_BY:
        return []
    return [
        Warning(
            "HEALTHMSG_FRAMED_BY is set: it lets another page show ours in a frame.",
            hint="Unset HEALTHMSG_FRAMED_BY; only the demo sets it, by itself.",
            id="clinic.W011",
        )
    ]
