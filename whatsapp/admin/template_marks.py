"""What stands beside a template: its category, how patients like it, whether it can be used."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.cockpit import Tone, mark
from whatsapp.admin.holding import held_mark
from whatsapp.catalog import Approved, Catalog
from whatsapp.models import Category, Template

_QUALITY = {
    "GREEN": (gettext_lazy("good"), Tone.GOOD),
    "YELLOW": (gettext_lazy("getting worse"), Tone.ASKS),
    "RED": (gettext_lazy("bad"), Tone.BAD),
}


def category_mark(template: Template) -> SafeString:
    """Return the category, loud where it is not the one asked for or will not stay."""
    known = template.category in Category.values
    words = str(Category(template.category).label) if known else template.category
    if template.category_coming not in ("", template.category):
        return mark(_("%s, not for long") % words, Tone.ASKS)
    if template.category_asked not in ("", template.category):
        return mark(_("%s, not as asked for") % words, Tone.ASKS)
    return mark(words, Tone.QUIET)


def category_warning(template: Template) -> str:
    """Return what WhatsApp did, or will do, about the category, "" where all is as asked."""
    moved = {"from": template.category_asked.lower(), "to": template.category.lower()}
    if template.category_coming not in ("", template.category):
        return _("WhatsApp will count it as %s: its price and whom it reaches change.") % (
            template.category_coming.lower()
        )
    if template.category_asked not in ("", template.category):
        return _("Asked for as %(from)s, and WhatsApp counts it as %(to)s.") % moved
    return ""


def quality_mark(quality: str) -> SafeString:
    words, tone = _QUALITY.get(quality, (gettext_lazy("not known yet"), Tone.QUIET))
    return mark(words, tone)


def usable_mark(template: Template, catalog: Catalog) -> SafeString:
    """Return whether a template can be used now, and why not."""
    if template.held_at is not None:
        return held_mark(template)
    usable = catalog.usable(template)
    if isinstance(usable, Approved):
        return mark(_("can be used"), Tone.GOOD)
    return mark(_("cannot be used: %(reason)s") % {"reason": usable.label}, Tone.BAD)
