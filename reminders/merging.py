"""Visits of one number on one day: which of them share one reminder."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from healthmsg.clinic.models import Contact, Discretion, PatientState
from reminders.models import Reminder
from reminders.timing import local_day
from reminders.wording import Speech, Wording

# A number that more patients share is a home's or a mistake: a person has to look.
MOST_PATIENTS = 4


@dataclass(frozen=True)
class Telling:
    """A reminder about to be written."""

    reminder: Reminder
    speech: Speech


@dataclass(frozen=True)
class Sorted:
    """What goes in one message each, and what nobody should be told at once."""

    together: tuple[tuple[Telling, ...], ...]
    too_many: tuple[Telling, ...]


def may_be_shared(telling: Telling) -> bool:
    """
    True where a message may name this visit among others.

    One that is planned again goes alone: another visit of its shared message held it back.
    """
    speech = telling.speech
    return (
        bool(speech.rule.several_template_name)
        and telling.reminder.edition == 0
        and not speech.is_confirmed
        and speech.discretion in {Discretion.FULL, Discretion.NEUTRAL}
    )


def sort(tellings: Iterable[Telling], wording: Wording) -> Sorted:
    """Put together the visits of one rule, number and day, each group in order of time."""
    together: list[tuple[Telling, ...]] = []
    too_many: list[Telling] = []
    groups = list(_by_number_and_day(tellings))
    crowded = _crowded({group[0].speech.phone.pk for group in groups if len(group) > 1})
    for group in groups:
        if len(group) > 1 and group[0].speech.phone.pk in crowded:
            too_many += group
        elif len(group) > 1 and wording.may_be_several(group[0].speech):
            together.append(tuple(group))
        else:
            together += [(telling,) for telling in group]
    return Sorted(tuple(together), tuple(too_many))


def _crowded(phones: Collection[int]) -> set[int]:
    """The numbers of too many patients, with a visit that day or not, confirmed or not."""
    if not phones:
        return set()
    reached = Contact.objects.filter(phone__in=phones, patient__state=PatientState.ACTIVE)
    counted = reached.values("phone").annotate(patients=Count("patient", distinct=True))
    crowded = counted.filter(patients__gt=MOST_PATIENTS)
    return set(crowded.values_list("phone", flat=True))


def _by_number_and_day(tellings: Iterable[Telling]) -> Iterator[Sequence[Telling]]:
    groups: dict[tuple[int, int, date], list[Telling]] = defaultdict(list)
    for telling in tellings:
        if may_be_shared(telling):
            groups[_number_and_day(telling.speech)].append(telling)
        else:
            yield [telling]
    for group in groups.values():
        yield sorted(group, key=lambda t: (t.speech.visit.starts_at, t.speech.visit.pk))


def _number_and_day(speech: Speech) -> tuple[int, int, date]:
    day = local_day(speech.visit.starts_at, speech.visit.site.zone)
    return speech.rule.id, speech.phone.id, day
