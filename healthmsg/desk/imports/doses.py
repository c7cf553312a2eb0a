"""Vaccinations that another system knows of."""

from datetime import date

from healthmsg.clinic.models import DoseSource, Immunisation, Patient, Vaccine
from healthmsg.desk.imports import cells
from healthmsg.desk.imports.lines import DoseLine
from healthmsg.desk.imports.models import Outcome
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.verdicts import Batch, Verdict

Dose = tuple[int, int, date]


def look(lines: list[DoseLine], batch: Batch) -> list[Verdict]:
    """Say what becomes of each row; nothing is written."""
    return [verdict for verdict, _dose in _weighed(lines, batch)]


def write(lines: list[DoseLine], batch: Batch) -> list[Verdict]:
    """Take rows over; within a transaction."""
    weighed = _weighed(lines, batch)
    Immunisation.objects.bulk_create(
        [
            Immunisation(
                patient_id=dose[0],
                vaccine_id=dose[1],
                given_on=dose[2],
                source=DoseSource.IMPORTED,
                recorded_by=batch.source.approved_by,
                recorded_at=batch.now,
            )
            for verdict, dose in weighed
            if dose is not None and verdict.outcome == Outcome.NEW
        ],
        ignore_conflicts=True,
    )
    return [verdict for verdict, _dose in weighed]


def _weighed(lines: list[DoseLine], batch: Batch) -> list[tuple[Verdict, Dose | None]]:
    wanted = {line.patient for line in lines if line.patient}
    padded = {one for identifier in wanted for one in batch.with_zeros(identifier)}
    rows = Patient.objects.filter(clinic=batch.clinic, external_id__in=wanted | padded)
    rows = rows.exclude(external_id="")
    patients = dict(rows.values_list("external_id", "pk"))
    vaccines: dict[str, int] = {}
    for vaccine in Vaccine.objects.filter(clinic=batch.clinic):
        vaccines |= {cells.bare(vaccine.name): vaccine.pk, cells.bare(vaccine.code): vaccine.pk}
    known = _known([patients[one] for one in wanted if one in patients])
    return [_one(line, patients, vaccines, known, batch) for line in lines]


def _one(
    line: DoseLine,
    patients: dict[str, int],
    vaccines: dict[str, int],
    known: dict[Dose, bool],
    batch: Batch,
) -> tuple[Verdict, Dose | None]:
    verdict = Verdict(line)
    patient = patients.get(line.patient or "")
    vaccine = vaccines.get(cells.bare(line.vaccine or ""))
    if patient is None:
        is_short = any(one in patients for one in batch.with_zeros(line.patient or ""))
        verdict.refuse("patient", Reason.LOST_ZEROS if is_short else Reason.UNKNOWN_PATIENT)
    if vaccine is None:
        verdict.refuse("vaccine", Reason.UNKNOWN_VACCINE)
    if patient is None or vaccine is None or line.given_on is None:
        return verdict, None
    dose = (patient, vaccine, line.given_on)
    if dose not in known:
        verdict.outcome = Outcome.NEW
    elif known[dose]:
        verdict.notes["given_on"] = Reason.MARKED_MISTAKE
    known.setdefault(dose, False)
    return verdict, dose


def _known(patients: list[int]) -> dict[Dose, bool]:
    """Return the doses we know of, and whether somebody marked them as a mistake."""
    rows = Immunisation.objects.filter(patient__in=patients, given_on__isnull=False)
    found: dict[Dose, bool] = {}
    for patient, vaccine, given_on, mistake in rows.values_list(
        "patient_id", "vaccine_id", "given_on", "entered_in_error_at"
    ):
        if given_on is not None:
            # Entered again after a mistake, it counts.
            dose = (patient, vaccine, given_on)
            found[dose] = found.get(dose, True) and mistake is not None
    return found
