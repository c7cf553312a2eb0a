"""The steps to a clinic that is live: each looks at rows, so that nothing has to be ticked off."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, Exists, JSONField, OuterRef, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg.clinic.languages import in_words
from healthmsg.clinic.models import (
    Clinic,
    Clinician,
    Phone,
    Site,
    StaffUser,
    VisitKind,
    Wording,
    WorkingHours,
)
from healthmsg.cockpit.there import Kinds, how_many
from healthmsg.desk import setting_up
from healthmsg.desk.models import Watcher
from reminders.models import ReminderRule
from whatsapp.models import LineBeat, Message, Sender
from whatsapp.status import TOLD

_ALIVE_WITHIN = timedelta(minutes=5)
_CHECKED_WITHIN = timedelta(hours=2)
_SITE, _PERSON = "site", "person"
Named = tuple[str, bool]
# So many that lack something are named.
_NAMED = 5


@dataclass(frozen=True)
class Step:
    """One step: whether it is done, what is missing, and where it is done."""

    title: str
    is_done: bool
    says: str
    link: str = ""
    words: str = ""  # of the link


def sender_of(clinic: Clinic) -> Sender | None:
    """Return the number that the clinic writes from first."""
    mine = Sender.objects.filter(clinic=clinic).select_related("account__portfolio")
    return mine.order_by("pk").first()


def steps(
    clinic: Clinic,
    sender: Sender | None,
    in_use: Sequence[ReminderRule],
    *,
    now: datetime,
    real_now: datetime,
) -> list[Step]:
    """Return all steps in their order; their number of queries does not grow with the rows."""
    counts = how_many(_kinds(clinic, real_now))
    return [
        _clinic(clinic),
        *_where_and_who(clinic),
        _kinds_of_visit(counts),
        *_whatsapp(sender, counts, now),
        *_words(clinic, sender, in_use),
        *_people(counts),
        _test(clinic, sender),
        _live(clinic),
    ]


def _kinds(clinic: Clinic, real_now: datetime) -> Kinds:
    return {
        "kinds": VisitKind.objects.filter(clinic=clinic, is_active=True),
        "receivers": LineBeat.objects.filter(seen_at__gt=real_now - _ALIVE_WITHIN),
        "staff": StaffUser.objects.filter(clinics=clinic, is_active=True),
        "watchers": Watcher.objects.filter(clinic=clinic, is_active=True),
    }


def _clinic(clinic: Clinic) -> Step:
    missing = [
        str(field.verbose_name)
        for field in Clinic._meta.concrete_fields
        if field.name in ("phone", "emergency_number", "languages")
        and not getattr(clinic, field.name)
    ]
    return Step(
        _("The clinic"),
        not missing,
        _("Missing: %s.") % ", ".join(missing) if missing else _("Name, phone and languages."),
        reverse("admin:clinic_clinic_change", args=[clinic.pk]),
        _("Open the clinic"),
    )


def _where_and_who(clinic: Clinic) -> Iterator[Step]:
    sites, people = _hours(clinic)
    without = [name for name, has_hours in sites if not has_hours]
    says = ngettext("%d site.", "%d sites.", len(sites)) % len(sites)
    if without:
        says = _("No opening hours are entered for: %s.") % _some(without)
    yield Step(
        _("Sites and opening hours"),
        bool(sites) and not without,
        says if sites else _("There is none yet."),
        reverse("admin:clinic_site_changelist"),
        _("Open the sites"),
    )
    without = [name for name, has_hours in people if not has_hours]
    says = ngettext("%d clinician, with hours.", "%d clinicians, all with hours.", len(people))
    says %= len(people)
    if without:
        says = _("No hours are entered for: %s. Nothing is free with them.") % _some(without)
    yield Step(
        _("Clinicians and their hours"),
        bool(people) and not without,
        says if people else _("There is none yet."),
        reverse("admin:clinic_clinician_changelist"),
        _("Open the clinicians"),
    )


def _kinds_of_visit(counts: Counter[str]) -> Step:
    kinds = counts["kinds"]
    return Step(
        _("Kinds of visit"),
        bool(kinds),
        ngettext("%d is in use.", "%d are in use.", kinds) % kinds
        if kinds
        else _("There is none yet: a visit is booked as one of them, which says how long it is."),
        reverse("admin:clinic_visitkind_changelist"),
        _("Open the kinds of visit"),
    )


def _hours(clinic: Clinic) -> tuple[list[Named], list[Named]]:
    """Return sites and clinicians by name, each with whether hours are entered; asked together."""
    weeks = Exists(WorkingHours.objects.filter(clinician=OuterRef("pk")))
    some, none = (Value(one, output_field=JSONField()) for one in ({"0": ["-"]}, {}))
    sites = Site.objects.filter(clinic=clinic)
    people = Clinician.objects.filter(clinic=clinic, is_active=True)
    both = sites.values_list(Value(_SITE), "name", "opening_hours").union(
        people.values_list(Value(_PERSON), "name", Case(When(weeks, then=some), default=none)),
        all=True,
    )
    found = sorted((kind, name, any(hours.values())) for kind, name, hours in both)
    known = [[(name, has) for kind, name, has in found if kind == one] for one in (_SITE, _PERSON)]
    return known[0], known[1]


def _some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - _NAMED
    words = ", ".join(names[:_NAMED])
    return _("%(names)s and %(more)d more") % {"names": words, "more": more} if more > 0 else words


def _whatsapp(sender: Sender | None, counts: Counter[str], now: datetime) -> Iterator[Step]:
    if sender is None:
        says = _("There is none yet.")
        link = "#number"
        yield Step(_("WhatsApp number"), is_done=False, says=says, link=link, words=_("Enter it"))
    else:
        at = sender.state_checked_at
        is_fresh = at is not None and at > now - _CHECKED_WITHIN
        known = _("%(number)s, shown as “%(name)s”.") % {
            "number": sender,
            "name": sender.verified_name or "–",
        }
        unknown = _("WhatsApp has not told us of %s lately: check it on this page.") % sender
        link = reverse("admin:whatsapp_sender_change", args=[sender.pk])
        says = known if is_fresh else unknown
        yield Step(_("WhatsApp number"), is_fresh, says, link, _("Open the number"))
    beat = bool(counts["receivers"])
    yield Step(
        _("Receiving from WhatsApp"),
        beat,
        _("The receiver stands ready.") if beat else _("The receiver is not running."),
        reverse("status"),
        _("How everything stands"),
    )


def _words(clinic: Clinic, sender: Sender | None, in_use: Sequence[ReminderRule]) -> Iterator[Step]:
    missing = setting_up.templates_missing(clinic, sender.account, in_use) if sender else {}
    lines = [f"{name} ({', '.join(map(in_words, codes))})" for name, codes in missing.items()]
    says = _("Every template that a rule needs is approved.")
    if lines:
        says = _("Not approved yet: %s.") % ", ".join(lines)
    elif sender is None:
        says = _("They belong to a WhatsApp number.")
    link = reverse("admin:whatsapp_template_changelist")
    yield Step(_("Templates"), bool(sender) and not lines, says, link, _("Open the templates"))
    rules = len(in_use)
    yield Step(
        _("Reminder rules"),
        bool(rules),
        ngettext("%d is in use.", "%d are in use.", rules) % rules,
        reverse("admin:reminders_reminderrule_changelist"),
        _("Open the rules"),
    )
    spoken = set(Wording.objects.filter(clinic=clinic).values_list("language", flat=True))
    lacking = [code for code in clinic.languages if code not in spoken]
    says = _("Written in every language.")
    yield Step(
        _("Words in which permission is asked"),
        not lacking,
        _("Missing in: %s.") % ", ".join(map(in_words, lacking)) if lacking else says,
        reverse("admin:clinic_wording_changelist"),
        _("Open the wordings"),
    )


def _people(counts: Counter[str]) -> Iterator[Step]:
    staff, watchers = counts["staff"], counts["watchers"]
    yield Step(
        _("Staff"),
        staff > 1,
        ngettext("%d person works here.", "%d people work here.", staff) % staff,
        reverse("admin:clinic_staffuser_changelist"),
        _("Open the staff"),
    )
    yield Step(
        _("Who is told when something is wrong"),
        bool(watchers),
        ngettext("%d person is told.", "%d people are told.", watchers) % watchers,
        reverse("admin:desk_watcher_changelist"),
        _("Open the list"),
    )


def _test(clinic: Clinic, sender: Sender | None) -> Step:
    """What another number sent, or the practice one before it, says nothing of this one."""
    phones = list(Phone.objects.filter(clinic=clinic, is_test=True).values_list("pk", flat=True))
    arrived = Message.objects.filter(phone__in=phones, sender=sender, status__in=TOLD).exists()
    if arrived:
        says = _("A message has arrived on a test phone.")
    elif phones:
        says = _("Book a visit for somebody on the test phone, and wait for its message.")
    else:
        says = _("Mark your own phone as a test phone, then book a visit for it.")
    link = reverse("admin:clinic_phone_changelist")
    return Step(_("Test message"), arrived, says, link, _("Open the phones"))


def _live(clinic: Clinic) -> Step:
    missing = settings.MISSING_FOR_LIVE
    if clinic.is_live:
        says = _("Messages reach patients.")
    elif missing:
        says = _("Whoever installed this has to set: %s.") % ", ".join(missing)
    else:
        says = _("Everything is set: the next page shows what would leave first.")
    link = reverse("admin:clinic_clinic_go_live", args=[clinic.pk])
    return Step(_("Going live"), clinic.is_live, says, "" if clinic.is_live else link, _("Go live"))
