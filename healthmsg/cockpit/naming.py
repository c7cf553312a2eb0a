"""How screens name a patient: by name to whoever may see it, else by number."""

from django.utils.translation import gettext as _

from healthmsg.clinic.models import Patient


def of(patient: Patient, *, details: bool) -> str:
    """Return the name; the number where it may not be seen, or went with the patient's data."""
    known = patient.full_name if details else ""
    return known or _("patient #%(number)s") % {"number": patient.pk}
