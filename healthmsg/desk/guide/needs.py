"""What is set where healthmsg runs, and never on a page: named here, with where it comes from."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from healthmsg.desk.alarms import links

# What the notices of WhatsApp are about that we cannot do without.
FIELDS = (
    *("messages", "message_template_status_update", "template_category_update"),
    *("account_update", "phone_number_quality_update", "user_preferences"),
)


@dataclass(frozen=True)
class Setting:
    """One variable: whether it is set, and what it is; its value is shown to nobody."""

    name: str
    is_set: bool
    says: str


def settings_of_whatsapp() -> list[Setting]:
    return [
        Setting(name, name not in settings.MISSING_FOR_LIVE, says)
        for name, says in (
            (
                "WHATSAPP_BASE_URL",
                _("https://graph.facebook.com; until then this is practice, and reaches nobody."),
            ),
            (
                "WHATSAPP_TOKEN",
                _(
                    "The token of a system user at Meta who may use the app and the account, with"
                    " whatsapp_business_messaging and whatsapp_business_management."
                ),
            ),
            (
                "WHATSAPP_APP_SECRETS",
                _("The app secret, from the app's basic settings: it signs what WhatsApp sends."),
            ),
            (
                "WHATSAPP_VERIFY_TOKEN",
                _("Any words of yours, entered at Meta together with the address for notices."),
            ),
        )
    ] + [
        Setting(
            "PUBLIC_URL",
            address().startswith("https://"),
            _("The https address under which this is reached from outside."),
        )
    ]


def address() -> str:
    """Return where WhatsApp is to write to."""
    return links.absolute("/webhooks/whatsapp")
