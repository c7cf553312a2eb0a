"""The edges of reminders: the clock is read here."""

from celery import shared_task
from django.conf import settings

from healthmsg import clock
from healthmsg.clinic import kept_times
from reminders import apart, day_plan, patients, queueing, rounds, waiting_list, waves
from reminders.queueing import Half
from whatsapp import watching

# More than falls due between two ticks, less than a worker's time limit.
_AT_ONCE = 20_000


# Two tasks, so that both children of a worker write what falls due at ten in the morning.
@shared_task(name="reminders.queue_due_even")
def queue_due_even() -> int:
    return queueing.queue_due(now=clock.now(), limit=_AT_ONCE, half=Half.EVEN)


@shared_task(name="reminders.queue_due_odd")
def queue_due_odd() -> int:
    return queueing.queue_due(now=clock.now(), limit=_AT_ONCE, half=Half.ODD)


@shared_task(name="reminders.replan_withheld")
def replan_withheld() -> int:
    return apart.replan_withheld(now=clock.now(), limit=_AT_ONCE)


@shared_task(name="reminders.end_pauses")
def end_pauses() -> int:
    return patients.end_pauses(now=clock.now())


@shared_task(name="reminders.plan_day")
def plan_day() -> int:
    return day_plan.make(now=clock.now(), uses_sandbox=settings.USES_SANDBOX)


@shared_task(name="reminders.tend_offers")
def tend_offers() -> int:
    """Offer freed times, and look after what waits for patients who are choosing."""
    now = clock.now()
    found = watching.make_round(
        {
            "offers_left": lambda: rounds.take_up_left(now=now),
            "times_kept": lambda: kept_times.sweep(now=now),
            "wishes_over": lambda: waiting_list.end_with_their_visits(now=now),
            "times_freed": lambda: waves.offer_due(now=now),
        }
    )
    return found.get("times_freed", 0)
