"""The incident register without the name of somebody who was deleted."""

from collections.abc import Collection

import pgtrigger
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from healthmsg.clinic.models import Patient, Phone
from healthmsg.desk.privacy import nameless
from healthmsg.desk.register.models import Incident, IncidentLine, IncidentPatient

_KEPT = "desk.IncidentLine:incident_step_is_kept"


@transaction.atomic
def forget(records: Collection[Patient], phones: Collection[Phone]) -> None:
    """
    Take names, numbers and the identifier out of what was written of a person's incidents.

    The forms ask to name nobody, and somebody may have. What happened, and that a patient was
    concerned, is kept: the register has to tell of it.
    """
    concerned = IncidentPatient.objects.filter(incident=OuterRef("pk"), patient__in=records)
    about = Q(Exists(concerned)) | Q(number__phone__in=phones)
    for incident in Incident.objects.filter(about).order_by("pk"):
        _write(incident, records, "story", "consequences")
    lines = IncidentLine.objects.filter(incident__in=Incident.objects.filter(about)).order_by("pk")
    with pgtrigger.ignore(_KEPT):
        for line in lines:
            _write(line, records, "text")


def _write(row: Incident | IncidentLine, records: Collection[Patient], *names: str) -> None:
    told = {name: _without_names(getattr(row, name), records) for name in names}
    if anew := {name: text for name, text in told.items() if text != getattr(row, name)}:
        type(row)._default_manager.filter(pk=row.pk).update(**anew)


def _without_names(text: str, records: Collection[Patient]) -> str:
    for record in records:
        text = nameless.without_names(text, record)
    return text
