"""A clinic whose reminders keep being queued while the storm blows."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

from django.conf import settings
from django.db import connection, transaction

from healthmsg.clinic.models import Clinic
from reminders import rules
from reminders.models import Reminder, ReminderRule
from reminders.timing import Anchor
from tests import factories
from tests.chaos.bookings import booked
from tests.chaos.evidence import patiently
from tests.sandbox_process import SandboxProcess
from whatsapp import templates_sync
from whatsapp.graph import Graph
from whatsapp.models import Message, Sender
from whatsapp.status import Status

AFTERWARDS = 25


class Practice:
    """One clinic with a number, open day and night."""

    def __init__(self, clinic: Clinic, sender: Sender, *, useful_for: int) -> None:
        self.clinic = clinic
        self.sender = sender
        self.useful_for = timedelta(seconds=useful_for)
        self.rule = ReminderRule.objects.get(
            clinic=clinic, anchor=Anchor.STARTS, days_before=1, is_active=True
        )
        self.queued = 0
        # For when the storm is over: a clinic's day goes on, and what comes back of it tells that
        # silence about an older call is an answer.
        self._afterwards: list[int] = []
        self._written: list[int] = []
        self._queues = threading.Lock()
        self._ended = threading.Event()
        self._queueing: list[Future[None]] = []

    @classmethod
    def found(cls, sandbox: SandboxProcess, *, useful_for: int, **number: str) -> "Practice":
        """Set up a clinic; its templates come from the sandbox."""
        hours = {"sending_opens": clock_time(0), "sending_closes": clock_time(23, 59, 59)}
        clinic = factories.make_clinic(**hours)
        sender = factories.make_sender(clinic, **number)
        rules.install(clinic)
        graph = Graph(
            base_url=sandbox.base_url,
            version=settings.WHATSAPP_GRAPH_VERSION,
            token=settings.WHATSAPP_TOKEN,
        )
        listed = graph.templates(sender.account.waba_id)
        templates_sync.bring_home(sender.account, listed, now=datetime.now(UTC))
        return cls(clinic, sender, useful_for=useful_for)

    def book(self, count: int) -> None:
        """Book visits; their reminders are written, and wait to be queued."""
        now = datetime.now(UTC)
        with transaction.atomic():
            messages = booked(self.sender, self.rule, count + AFTERWARDS, now=now)
        written = [message.pk for message in messages]
        self._written += written[:count]
        self._afterwards += written[count:]

    @property
    def has_more(self) -> bool:
        return bool(self._afterwards)

    def go_on(self) -> None:
        """Queue one more reminder after the storm, while there are any."""
        if self._afterwards:
            one = self._afterwards.pop()
            patiently(lambda: self._queue([one]), wait=lambda: time.sleep(0.5))

    def queue(self, count: int) -> None:
        """Queue reminders of visits that were booked; twice is once."""
        with self._queues:
            self._queue(self._written[self.queued : self.queued + count])

    def _queue(self, chosen: list[int]) -> None:
        now = datetime.now(UTC)
        Message.objects.filter(
            pk__in=chosen, status=Status.QUEUED, attempt=0, send_after=None
        ).update(send_after=now, created_at=now, expires_at=now + self.useful_for)
        self.queued += len(chosen)

    def keep_queueing(self, *, per_second: int, seconds: float) -> None:
        """Queue in a thread of its own, through every outage."""
        ends_at = time.monotonic() + seconds

        def go_on() -> None:
            while time.monotonic() < ends_at and not self._ended.wait(1.0):
                patiently(lambda: self.queue(per_second), wait=lambda: time.sleep(0.5))
            connection.close()

        self._queueing.append(ThreadPoolExecutor(1).submit(go_on))

    def stop_queueing(self) -> None:
        self._ended.set()
        for queueing in self._queueing:
            queueing.result()
        never = self._written[self.queued :]
        self._written = self._written[: self.queued]
        patiently(lambda: _forget(never), wait=lambda: time.sleep(0.5))

    def sending(self) -> int:
        """Return how many rows are in a sender's hands."""
        return patiently(
            lambda: Message.objects.filter(sender=self.sender, status=Status.SENDING).count(),
            wait=lambda: time.sleep(0.2),
        )

    def in_flight(self) -> int:
        """
        Return how many calls may be cut off now.

        Those under way, and as many as could be claimed before the blow falls.
        """
        return self.sending() + int(self.sender.rate_per_second * 0.5) + 1


def _forget(messages: list[int]) -> None:
    """Remove what was never queued: the judge would call it stuck."""
    Reminder.objects.filter(message__in=messages).delete()
    Message.objects.filter(pk__in=messages).delete()
