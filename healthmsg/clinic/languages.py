"""The languages patients are written to in, in words."""

from django.utils.translation import gettext_lazy as _

# Looked up by WhatsApp's codes; others show as they are.
LANGUAGES = {
    "ar": _("Arabic"),
    "en": _("English"),
    "es": _("Spanish"),
    "fr": _("French"),
    "hi": _("Hindi"),
    "pt_BR": _("Portuguese (Brazil)"),
}
