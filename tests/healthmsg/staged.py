"""A scenario's stage without processes: what they would do is done here, at once."""

from datetime import UTC, datetime

from django.conf import settings

from healthmsg.desk.demo import daytime, house
from healthmsg.desk.demo.house import House
from healthmsg.desk.demo.phones import Taken
from healthmsg.desk.demo.scenarios import playing
from healthmsg.desk.demo.scenarios.scenario import Finding, Scenario
from reminders import queueing
from tests.sandbox_process import SandboxProcess
from whatsapp import templates_sync
from whatsapp.graph import Graph
from whatsapp.models import Message
from whatsapp.status import Status

PLACE = daytime.Place("Buenos Aires", "AR", "America/Argentina/Buenos_Aires")
LEFT = (Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ)
MOMENT = datetime(2026, 3, 10, 13, tzinfo=UTC)
# Ten seconds to ten, when nothing is due; and a moment after ten.
BEGINS = datetime.fromtimestamp(
    daytime.standing_at(PLACE, MOMENT, begins=playing.BEGINS).shown, UTC
)


def open_house(sandbox: SandboxProcess) -> House:
    """Make the demo's clinic, with the sandbox's templates."""
    home = house.build(PLACE, clinicians=4)
    graph = Graph(
        base_url=sandbox.base_url,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
    account = home.sender.account
    templates_sync.bring_home(account, graph.templates(account.waba_id), now=BEGINS)
    return home


def write_due(now: datetime) -> None:
    queueing.queue_due(now=now, limit=10_000)


def arrive(now: datetime) -> None:
    """Everything that waits leaves, and arrives."""
    for message in Message.objects.filter(status=Status.QUEUED):
        message.status, message.send_after, message.attempt = Status.DELIVERED, None, 1
        message.accepted_at = message.sent_at = message.delivered_at = now
        message.wamid = f"wamid.{message.pk}"
        message.save()


def taken() -> list[Taken]:
    """What the sandbox would have taken of us."""
    rows = Message.objects.filter(status__in=LEFT).select_related(
        "phone", "template_version__template"
    )
    return [
        Taken(
            wamid=row.wamid,
            to=row.phone.number.lstrip("+"),
            template=row.template_version.template.name if row.template_version else "",
            text=row.body,
            callback=f"{row.callback}.{row.attempt}",
            at=row.accepted_at or BEGINS,
            real_at=datetime.now(UTC),
        )
        for row in rows.order_by("accepted_at", "pk")
    ]


def wrong(scenario: Scenario, ledger: list[Taken], *, now: datetime) -> list[str]:
    """Return what the judge finds not to be so."""
    return [said.says for said in judged(scenario, ledger, now=now) if not said.is_so]


def judged(scenario: Scenario, ledger: list[Taken], *, now: datetime) -> list[Finding]:
    return scenario.judge(ledger, now=now)
