"""
The columns of each kind of file, declared as resources of django-import-export.

Used of that library: its resources, fields and widgets, which read a row into an object and gather
what is wrong with each column, and its formats, which write the empty files to fill in. Not used:
its loading of whole files into memory and its saving row by row; see decision 0001.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from import_export import resources
from import_export.fields import Field
from import_export.widgets import Widget

from healthmsg.clinic.folding import latin_digits
from healthmsg.desk.imports import cells, vocabulary
from healthmsg.desk.imports.cells import Order
from healthmsg.desk.imports.lines import DoseLine, Line, PatientLine, StopLine, VisitLine
from healthmsg.desk.imports.models import ImportKind
from healthmsg.desk.imports.reasons import Reason, Unreadable

if TYPE_CHECKING:
    _Resource = resources.Resource[Any]
else:
    _Resource = resources.Resource


@dataclass(frozen=True)
class Terms:
    """How a file's cells are to be read."""

    country: str
    zone: ZoneInfo
    today: date  # the clinic's
    order: Order | None = None


class Cell(Widget):
    """One cell, read by a verb of `cells`; the library gathers what it refuses."""

    def __init__(self, read: Callable[[str, Terms], Any], *, required: bool = False) -> None:
        super().__init__()
        self.read, self.required = read, required

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        typed = str(value or "").strip()
        if not typed:
            if self.required:
                raise Unreadable(Reason.MISSING)
            return None
        return self.read(typed, kwargs["terms"])


def _past_day(typed: str, terms: Terms) -> date:
    found = cells.day(typed, order=terms.order)
    if found > terms.today:
        raise Unreadable(Reason.IN_FUTURE)
    return found


def _purposes(typed: str, _terms: Terms) -> tuple[str, ...]:
    parts = [part for part in typed.replace(";", ",").replace("|", ",").split(",") if part.strip()]
    return tuple(dict.fromkeys(cells.word(part, vocabulary.PURPOSE) for part in parts))


def _minutes(typed: str, _terms: Terms) -> int:
    words = latin_digits(cells.text(typed, most=10)).removesuffix(".0")
    if not words.isdecimal() or not 1 <= int(words) <= 24 * 60:
        raise Unreadable(Reason.NO_TIME)
    return int(words)


def _starts(typed: str, terms: Terms) -> datetime:
    return cells.moment(typed, order=terms.order)


def _clock(typed: str, _terms: Terms) -> time:
    return cells.clock(typed)


def _text(most: int) -> Callable[[str, Terms], str]:
    return lambda typed, _terms: cells.text(typed, most=most)


def _word(known: Mapping[str, str], reason: Reason = Reason.UNKNOWN_WORD) -> Any:
    return lambda typed, _terms: cells.word(typed, known, reason=reason)


def _column(read: Callable[[str, Terms], Any], *, required: bool = False) -> Any:
    return Field(widget=Cell(read, required=required))


def _identifier(typed: str, _terms: Terms) -> str:
    return cells.identifier(typed)


def _phone(typed: str, terms: Terms) -> str:
    return cells.phone(typed, country=terms.country)


class _Columns(_Resource):
    """Fields are named after the attributes they fill."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, field in self.fields.items():
            field.attribute = field.column_name = name


class PatientColumns(_Columns):
    identifier = _column(_identifier, required=True)
    given_name = _column(_text(60))
    family_name = _column(_text(60))
    birth_date = _column(_past_day)
    sex = _column(_word(vocabulary.SEX))
    site = _column(_text(60))
    phone = _column(_phone)
    language = _column(_word(vocabulary.LANGUAGE, Reason.NO_LANGUAGE))
    contact_name = _column(_text(60))
    relationship = _column(_word(vocabulary.RELATIONSHIP))
    permission = _column(_word(vocabulary.PERMISSION))
    permission_for = _column(_purposes)
    permission_date = _column(_past_day)
    permission_source = _column(_text(300))


class StopColumns(_Columns):
    phone = _column(_phone, required=True)
    stopped_on = _column(_past_day)


class DoseColumns(_Columns):
    patient = _column(_identifier, required=True)
    vaccine = _column(_text(80), required=True)
    given_on = _column(_past_day, required=True)


class VisitColumns(_Columns):
    identifier = _column(_identifier, required=True)
    patient = _column(_identifier, required=True)
    starts = _column(_starts)
    day = _column(lambda typed, terms: cells.day(typed, order=terms.order))
    time = _column(_clock)
    minutes = _column(_minutes)
    kind = _column(_text(60))
    site = _column(_text(60))
    clinician = _column(_text(60))
    status = _column(_word(vocabulary.STATUS))


@dataclass(frozen=True)
class Layout:
    """What a kind of file is made of."""

    resource: type[_Columns]
    line: type[Line]
    # Of each of these, one column must be there.
    needed: tuple[tuple[str, ...], ...]
    days: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.resource().fields)


LAYOUTS: dict[str, Layout] = {
    ImportKind.PATIENTS: Layout(
        PatientColumns, PatientLine, (("identifier",),), ("birth_date", "permission_date")
    ),
    ImportKind.STOPS: Layout(StopColumns, StopLine, (("phone",),), ("stopped_on",)),
    ImportKind.DOSES: Layout(
        DoseColumns, DoseLine, (("patient",), ("vaccine",), ("given_on",)), ("given_on",)
    ),
    ImportKind.VISITS: Layout(
        VisitColumns,
        VisitLine,
        (("identifier",), ("patient",), ("starts", "day"), ("starts", "time")),
        ("starts", "day"),
    ),
}
LABELS: dict[str, Any] = {
    "identifier": _("identifier"),
    "given_name": _("given name"),
    "family_name": _("family name"),
    "birth_date": _("birth date"),
    "sex": _("sex"),
    "site": _("site"),
    "phone": _("phone"),
    "language": _("language"),
    "contact_name": _("name of the contact"),
    "relationship": _("relationship"),
    "permission": _("permission"),
    "permission_for": _("permission for"),
    "permission_date": _("date of the permission"),
    "permission_source": _("where the permission is from"),
    "stopped_on": _("stopped on"),
    "patient": _("identifier of the patient"),
    "vaccine": _("vaccine"),
    "given_on": _("given on"),
    "starts": _("start (day and time)"),
    "day": _("day"),
    "time": _("time"),
    "minutes": _("minutes"),
    "kind": _("kind of visit"),
    "clinician": _("clinician"),
    "status": _("status"),
}
# What other systems call them; our own names and the underscored ones are known anyway.
_CALLED = {
    "identifier": "id, identificador, external id, record number, mrn, numero, booking id",
    "given_name": "first name, nombre, nombres, nome, prenom",
    "family_name": "last name, surname, apellido, apellidos, sobrenome, nom",
    "birth_date": "date of birth, dob, fecha de nacimiento, data de nascimento, naissance",
    "sex": "gender, sexo, genero, sexe",
    "site": "sede, centro, unidade, location, place",
    "phone": "telephone, mobile, cell, number, whatsapp, telefono, celular, movil, telefone",
    "language": "idioma, lengua, lingua, langue",
    "contact_name": "contact, contacto, contato",
    "relationship": "parentesco, vinculo, relacion, relacao",
    "permission": "consent, consentimiento, consentimento, opt in",
    "permission_for": "purposes, purpose, finalidad, finalidade",
    "permission_date": "consent date, fecha del consentimiento, data do consentimento",
    "permission_source": "consent source, source, evidence, origen, origem",
    "stopped_on": "date, day, fecha, data, stopped at",
    "patient": "patient id, patient identifier, paciente, id paciente, historia clinica",
    "vaccine": "vacuna, vacina, vaccin, vaccine code",
    "given_on": "date, day, fecha, data, administered on",
    "starts": "start, starts at, datetime, inicio, fecha y hora, data e hora",
    "day": "date, fecha, data, dia",
    "time": "hour, hora, heure",
    "minutes": "length, duration, duracion, duracao, duree",
    "kind": "kind of visit, type, tipo, motivo, service, servicio, servico",
    "clinician": "doctor, practitioner, profesional, profissional, medico",
    "status": "state, estado, statut",
}


def headings(kind: str, row: list[str]) -> dict[int, str]:
    """Return our column for each place in the row of headings that we know."""
    called: dict[str, str] = {}
    for name in LAYOUTS[kind].names:
        spellings = (name, str(LABELS[name]), *_CALLED.get(name, "").split(","))
        called |= {cells.bare(one): name for one in spellings if one.strip()}
    # Our own names win over what another column is also called.
    called |= {cells.bare(name): name for name in LAYOUTS[kind].names}
    found = {place: called.get(cells.bare(heading), "") for place, heading in enumerate(row)}
    return {place: name for place, name in found.items() if name}


def missing(kind: str, present: set[str]) -> list[str]:
    """Return the columns without which such a file says nothing."""
    wanted = LAYOUTS[kind].needed
    return list(dict.fromkeys(one[0] for one in wanted if not present.intersection(one)))


def read(
    kind: str, number: int, typed: dict[str, str], terms: Terms, reader: _Columns
) -> tuple[Line, dict[str, Reason]]:
    """Read one row: what it says, and what is wrong with which column."""
    line = LAYOUTS[kind].line(number)
    try:
        reader.import_instance(line, typed, terms=terms)
    except ValidationError as refused:
        return line, {
            column: Reason(str(errors[0].message)) for column, errors in refused.error_dict.items()
        }
    return line, {}


def reader_of(kind: str) -> _Columns:
    return LAYOUTS[kind].resource()
