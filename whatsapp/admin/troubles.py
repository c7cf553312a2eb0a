"""What is wrong with the templates that a rule, a campaign or a number writes with."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Purpose
from healthmsg.cockpit.belonging import Person
from whatsapp import drafting, places
from whatsapp.admin.holding import More
from whatsapp.lifting import what_lifts_status, why
from whatsapp.models import Account, Category, Template, TemplateStatus

# The pages are to be read.
_MOST = 10
_STOPPED = ~Q(status__in=(TemplateStatus.APPROVED, TemplateStatus.PENDING, ""))
_HELD = Q(held_at__isnull=False)
_MOVED = ~Q(category_asked="") & ~Q(category=F("category_asked"))
_MOVES = ~Q(category_coming="") & ~Q(category=F("category_coming"))


@dataclass(frozen=True)
class Trouble:
    """One sentence about one template, and where to look at it."""

    words: str
    link: str


def of_names(
    person: Person, clinic_id: int, names: Iterable[str], *, purpose: str
) -> list[Trouble]:
    """Return what is wrong with the templates of these names, for whoever writes with them."""
    rows = Template.objects.filter(account__senders__clinic=clinic_id, name__in=set(names) - {""})
    against = Q()
    if purpose == Purpose.APPOINTMENTS:
        against = Q(category=Category.MARKETING)
    found = _with_trouble(rows, against)
    return [
        Trouble(words, _link(person, row)) for row in found for words in _sentences(row, purpose)
    ]


def of_account(person: Person, account: Account) -> list[More]:
    """Return the templates of a number's account that are stopped or counted otherwise."""
    return [
        More(
            _("Template %s") % row,
            (words,),
            _link(person, row),
            _("Look at the template"),
            is_mild=True,
        )
        for row in _with_trouble(Template.objects.filter(account=account), Q())
        for words in _sentences(row, "")
    ]


def _with_trouble(rows: QuerySet[Template], against: Q) -> QuerySet[Template]:
    troubled = _STOPPED | _HELD | _MOVED | _MOVES | places.NEEDS_A_PLACE
    if against:
        troubled |= against
    rows = rows.exclude(status=TemplateStatus.DELETED).filter(troubled)
    rows = rows.select_related("current", "account")
    return rows.distinct().order_by("name", "language")[:_MOST]


def _sentences(row: Template, purpose: str) -> list[str]:
    found = []
    if row.held_at is not None:
        found.append(_("%(name)s is stopped here: %(why)s") % {"name": row, "why": why(row)})
    elif row.status != TemplateStatus.APPROVED and row.status in TemplateStatus.values:
        said = {"name": row, "state": TemplateStatus(row.status).label}
        lifts = what_lifts_status(row.status)
        found.append(" ".join(filter(None, (_("%(name)s is %(state)s.") % said, lifts))))
    if places.shows_a_place(row) and (sites := places.lacking(row.account)):
        found.append(f"{row}: {drafting.off_the_map(sites)}")
    if row.category_coming not in ("", row.category):
        said = {"name": row, "category": row.category_coming.lower()}
        found.append(_("%(name)s will be counted as %(category)s by WhatsApp.") % said)
    is_moved = row.category_asked not in ("", row.category)
    if is_moved or (purpose == Purpose.APPOINTMENTS and row.category == Category.MARKETING):
        said = {"name": row, "category": row.category.lower()}
        found.append(
            _(
                "%(name)s counts as %(category)s: its price is another, and as marketing it does"
                " not reach whoever stopped offers in WhatsApp."
            )
            % said
        )
    return found


def _link(person: Person, row: Template) -> str:
    if not person.has_perm("whatsapp.view_template"):
        return ""
    return reverse("admin:whatsapp_template_change", args=[row.pk])
