"""WhatsApp's refusals of a template, in words for whoever wrote it (pure)."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from whatsapp.errors import OutcomeUnknown, Refused, SendError

# Source: WhatsApp Cloud API, error codes, read 2026-11.
_SENTENCES: dict[int, str | Promise] = {
    4: gettext_lazy("We ask too often. Try again in a while."),
    100: gettext_lazy("Something about it is not as WhatsApp wants it."),
    131008: gettext_lazy("Something that WhatsApp needs is missing."),
    131009: gettext_lazy("Something about it is not as WhatsApp wants it."),
    80007: gettext_lazy("We ask too often. Try again in an hour."),
    80008: gettext_lazy("We ask too often. Try again in an hour."),
    80012: gettext_lazy("Too many templates were handed in. Try again in an hour."),
    2388019: gettext_lazy("The account has as many templates as it may have: delete some."),
    2388039: gettext_lazy("It cannot be changed now: it is in review, or was changed too often."),
    2388040: gettext_lazy("A part of it is too long."),
    2388047: gettext_lazy("The heading is not as WhatsApp wants it."),
    2388072: gettext_lazy("The text is not as WhatsApp wants it."),
    2388073: gettext_lazy("The small line at the end is not as WhatsApp wants it."),
    2388293: gettext_lazy("Too many gaps for so short a text: write more words."),
    2388299: gettext_lazy("A gap cannot be the first or the last word of the text."),
}
# Source: the same, rejected_reason of a template, read 2026-11.
_REJECTIONS: dict[str, str | Promise] = {
    "ABUSIVE_CONTENT": gettext_lazy("WhatsApp finds that it abuses or threatens."),
    "INVALID_FORMAT": gettext_lazy("Gaps, links or spelling are not as WhatsApp wants them."),
    "PROMOTIONAL": gettext_lazy("WhatsApp finds that it advertises."),
    "TAG_CONTENT_MISMATCH": gettext_lazy("Language or category do not fit what it says."),
    "SCAM": gettext_lazy("WhatsApp takes it for a fraud."),
    "INCORRECT_CATEGORY": gettext_lazy("It belongs to another category."),
}


def sentence(error: SendError) -> str:
    """Return what the author may do, and what WhatsApp itself wrote."""
    if isinstance(error, OutcomeUnknown):
        return _(
            "WhatsApp did not answer, and may have taken it. Templates are fetched by themselves:"
            " look at the list in a quarter of an hour before you hand it in again."
        )
    if error.code is None:
        return _("WhatsApp cannot be reached now. Nothing was handed in; try again later.")
    known = _SENTENCES.get(error.code)
    words = str(known) if known else str(error)
    if not known and isinstance(error, Refused):
        words = _("WhatsApp said no: %(why)s (code %(code)s).") % {"why": error, "code": error.code}
    if error.details:
        words = _("%(words)s WhatsApp wrote: %(details)s") % {
            "words": words,
            "details": error.details,
        }
    return words


def rejection(reason: str) -> str:
    """Return why the review ended with a no; other words of WhatsApp's stay as they are."""
    known = _REJECTIONS.get(reason)
    return str(known) if known else reason
