"""Everything known of one patient, and nothing of whoever shares a number with them."""

import json
import mimetypes
import zipfile
from datetime import date, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.template.loader import render_to_string
from django.utils import formats, timezone, translation

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Patient
from healthmsg.desk.merging import one_person
from healthmsg.desk.privacy import known
from healthmsg.desk.privacy.known import Rows, Subject
from healthmsg.desk.privacy.sections import SECTIONS, Section
from whatsapp import kept_files
from whatsapp.kept_files import Unopened, Why
from whatsapp.models import InboundFile

_IN_MEMORY = 5 * 1024 * 1024


def as_json(patient: Patient, *, now: datetime) -> str:
    """Return the copy for another program; moments in UTC, names of fields in English."""
    subject = subject_of(patient)
    found: dict[str, Any] = {"made_at": now, "clinic": patient.clinic.name}
    found |= {section.key: section.find(subject) for section in SECTIONS}
    return json.dumps(found, default=plain, ensure_ascii=False, indent=2)


def as_page(patient: Patient, *, now: datetime) -> str:
    """Return the copy as one page to read and print, in the clinic's own time."""
    subject = subject_of(patient)
    with timezone.override(patient.clinic.zone):
        sections = [(section.title, shown(section, section.find(subject))) for section in SECTIONS]
        context = {
            "clinic": patient.clinic,
            "sections": sections,
            "made_at": read(now),
            "language": translation.get_language(),
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        return render_to_string("privacy/copy.html", context)


def as_archive(patient: Patient, *, files: Path, now: datetime) -> IO[bytes]:
    """
    Return the copy both ways, and the files that the patient sent, as a ZIP archive.

    :param files: where patients' files lie
    :returns: an open file, at its beginning; on disk where it is large
    """
    archive = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("copy.html", as_page(patient, now=now))
        parts.writestr("copy.json", as_json(patient, now=now))
        for number, file in enumerate(known.kept_files(subject_of(patient)), start=1):
            name = f"files/{number:03}"
            try:
                # Whole, before any of it is written: only its end says that it is as it was sent.
                parts.writestr(name + _ending(file), b"".join(kept_files.read(file, files)))
            except Unopened as error:
                # Deleted by a rule in this moment: its row says so from the next look on.
                if error.why != Why.MISSING:
                    parts.writestr(f"{name}.txt", f"{error.why.label}\n")
    archive.seek(0)
    return cast("IO[bytes]", archive)


def _ending(file: InboundFile) -> str:
    """Return an ending by what the bytes are: a name that a patient gave may be anything."""
    return mimetypes.guess_extension(file.mime_type) or ".bin"


def shown(section: Section, rows: Rows) -> list[list[tuple[str, str]]]:
    """Return the rows as a person reads them."""
    return [[(str(section.labels[k]), read(v)) for k, v in row.items() if v] for row in rows]


def subject_of(patient: Patient) -> Subject:
    """Return of whom the copy is: records that were put together are one person's."""
    records = one_person.records_of(patient)
    own = erasure.own_phones(*records)
    return Subject(patient, tuple(records), frozenset(phone.pk for phone in own))


def plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def read(value: Any) -> str:
    if isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None)
        return formats.date_format(local, "DATETIME_FORMAT")
    return formats.date_format(value, "DATE_FORMAT") if isinstance(value, date) else str(value)
