"""What the audit's page says of columns and pages, in the reader's words."""

import pytest
from django.utils import translation

from healthmsg.clinic.models import AuditLine, AuditVerb
from healthmsg.desk import audit_words


def said(model: str, before: dict[str, object], after: dict[str, object]) -> list[tuple[str, str]]:
    line = AuditLine(verb=AuditVerb.UPDATE, model=model)
    return [(one["was"], one["is"]) for one in audit_words.changes(line, (before, after))]


def test_columns_of_several_values_are_read_out() -> None:
    assert said("clinic.Clinic", {"languages": ["en"]}, {"languages": ["en", "es"]}) == [
        ("en", "en, es")
    ]
    assert said("clinic.Patient", {"needs": []}, {"needs": ["INTERPRETER"]}) == [
        ("–", "interpreter")
    ]
    hours = {"0": [["08:00", "12:00"]]}
    assert said("clinic.Site", {"opening_hours": {}}, {"opening_hours": hours}) == [
        ("–", "0: 08:00, 12:00")
    ]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("admin:clinic_patient_died", "Pacientes: Ha fallecido"),
        ("day_list", "Lista del día"),
        ("something_new", "something new"),
    ],
)
def test_pages_have_names_in_the_readers_language(path: str, words: str) -> None:
    with translation.override("es"):
        assert audit_words.page(path) == words
