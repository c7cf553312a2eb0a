"""Why one patient got a run's message, or did not: told of anybody, whether written down or not."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns import audience, trial
from campaigns.models import Audience, Recipient, Run, RunStatus
from healthmsg.clinic.models import Patient
from whatsapp.models import Message
from whatsapp.status import Reason


@dataclass(frozen=True)
class Verdict:
    """
    What became of one patient in a run.

    At most one of `message` and `why` is set; neither: they are still waiting, for `waits_for`.
    """

    patient: Patient
    message: Message | None = None
    why: str = ""
    waits_for: str = ""


def explain(run: Run, patient: Patient, *, now: datetime) -> Verdict:
    """Return what became of a patient in a run, in a clinic's words."""
    row = (
        Recipient.objects.filter(run=run, patient=patient)
        .select_related("message__sender", "patient")
        .first()
    )
    if row is None:
        return _outside(run, patient, now)
    if row.message is not None:
        return Verdict(patient, message=row.message)
    if row.reason:
        return Verdict(patient, why=str(Reason(row.reason).label))
    if run.status == RunStatus.CANCELLED:
        return Verdict(patient, why=str(Reason.CANCELLED_BY_STAFF.label))
    return Verdict(patient, waits_for=_waits_for(run, row))


def _waits_for(run: Run, row: Recipient) -> str:
    if run.status == RunStatus.PAUSED:
        return _("the campaign is paused")
    if trial.is_on(run) and not row.is_trial:
        return _("a trial group is written to first")
    return _("others are written to before")


def _outside(run: Run, patient: Patient, now: datetime) -> Verdict:
    if run.status == RunStatus.EXPANDING:
        return Verdict(patient, waits_for=_("not everybody has been looked at yet"))
    if run.expanded_at is not None and patient.created_at > run.expanded_at:
        return Verdict(patient, why=_("was entered after this was sent"))
    asked = audience.of(run.campaign, now=now)
    names = audience.misfits(asked, patient.pk)
    if not names:
        # What is asked has changed since, or the patient has.
        return Verdict(patient, why=_("did not belong to the audience when it was sent"))
    labels = [str(Audience._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]
    return Verdict(
        patient, why=_("does not belong to the audience: %(what)s") % {"what": ", ".join(labels)}
    )
