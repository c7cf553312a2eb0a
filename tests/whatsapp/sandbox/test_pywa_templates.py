"""pywa manages templates in the sandbox, unchanged: create, list, edit, unpause, delete."""

from collections.abc import Iterator

import pytest
from pywa import WhatsApp, errors
from pywa.types import Pagination
from pywa.types.sent_update import SentTemplateStatus
from pywa.types.templates import (
    BodyText,
    Buttons,
    FooterText,
    HeaderDocument,
    HeaderLocation,
    HeaderText,
    ParamFormat,
    QualityScoreType,
    QuickReplyButton,
    Template,
    TemplateBaseComponent,
    TemplateCategory,
    TemplateLanguage,
    TemplateStatus,
)

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import PATIENT
from tests.whatsapp.sandbox.pywa_side import client

BODY = "Hola {{first_name}}, te esperamos el {{when}} en la clinica. Hasta pronto."


@pytest.fixture
def wa(sandbox: SandboxProcess) -> Iterator[WhatsApp]:
    with client(sandbox) as one:
        yield one


def wish(
    name: str = "flu_call",
    *,
    category: str = "UTILITY",
    header: TemplateBaseComponent | None = None,
) -> Template:
    return Template(
        name=name,
        language=TemplateLanguage.SPANISH_ARG,
        category=TemplateCategory(category),
        parameter_format=ParamFormat.NAMED,
        components=[
            header or HeaderText("Clinica Aurora"),
            BodyText(BODY, first_name="Ana", when="martes 10:30"),
            FooterText(text="Clinica Aurora"),
            Buttons(
                buttons=[QuickReplyButton(text="Confirmar"), QuickReplyButton(text="Cancelar")]
            ),
        ],
    )


def test_a_template_lives_its_life(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    created = wa.create_template(wish())
    sandbox.review("flu_call", status="APPROVED")
    approved = wa.get_template(created.id)
    params = [BodyText.params(first_name="Ana", when="hoy")]
    sent = wa.send_template(PATIENT, "flu_call", TemplateLanguage.SPANISH_ARG, params)
    edited = wa.update_template(
        created.id, new_components=[BodyText(BODY, first_name="A", when="B")]
    )
    waiting = wa.get_template(created.id)
    deleted = wa.delete_template("flu_call", template_id=created.id)

    assert (created.status, created.category) == (TemplateStatus.PENDING, TemplateCategory.UTILITY)
    assert (approved.status, approved.language) == (
        TemplateStatus.APPROVED,
        TemplateLanguage.SPANISH_ARG,
    )
    assert [type(part).__name__ for part in approved.components] == [
        *("HeaderText", "BodyText", "FooterText", "Buttons"),
    ]
    assert sent.status == SentTemplateStatus.ACCEPTED
    assert bool(edited)
    assert (edited.name, edited.category) == ("flu_call", TemplateCategory.UTILITY)
    assert waiting.status == TemplateStatus.PENDING
    assert bool(deleted)
    with pytest.raises(errors.WhatsAppError):
        wa.get_template(created.id)


def test_a_sample_document_is_uploaded_with_its_template(wa: WhatsApp) -> None:
    header = HeaderDocument(b"%PDF-1.4 sample", mime_type="application/pdf")

    created = wa.create_template(wish("with_document", header=header))

    shown = wa.get_template(created.id).components[0]
    assert isinstance(shown, HeaderDocument)
    assert shown.example is not None
    assert str(shown.example).startswith("http")


def test_a_place_stands_on_top(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    created = wa.create_template(wish("with_place", header=HeaderLocation()))
    sandbox.review("with_place", status="APPROVED")
    words = BodyText.params(first_name="Ana", when="martes")
    shown = wa.get_template(created.id).components[0]
    place = HeaderLocation.params(lat=-34.6037, lon=-58.3816, name="Norte", address="Av. X 123")
    sent = wa.send_template(PATIENT, "with_place", TemplateLanguage.SPANISH_ARG, [place, words])
    with pytest.raises(errors.WhatsAppError) as without:
        wa.send_template(PATIENT, "with_place", TemplateLanguage.SPANISH_ARG, [words])
    nowhere = HeaderLocation.params(lat=91, lon=-58.3816, name="Norte", address="Av. X 123")
    with pytest.raises(errors.WhatsAppError) as beyond:
        wa.send_template(PATIENT, "with_place", TemplateLanguage.SPANISH_ARG, [nowhere, words])

    assert isinstance(shown, HeaderLocation)
    assert sent.status == SentTemplateStatus.ACCEPTED
    assert (without.value.code, beyond.value.code) == (132012, 131009)


def test_templates_are_filtered_and_paged(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    sandbox.review("appointment_reminder_days", language="es", quality="YELLOW")

    all_at_once = list(wa.get_templates(pagination=Pagination(limit=500)))
    # pywa's own next() cannot make another page of templates.
    page = first = wa.get_templates(pagination=Pagination(limit=25))
    by_page = [*first]
    while page.has_next:
        page = wa.get_templates(pagination=Pagination(limit=25, after=page.after))
        by_page += page
    spanish = wa.get_templates(
        statuses=[TemplateStatus.APPROVED, TemplateStatus.PENDING],
        languages=[TemplateLanguage.SPANISH, TemplateLanguage.ENGLISH],
        pagination=Pagination(limit=500),
    )
    yellow = wa.get_templates(quality_scores=[QualityScoreType.YELLOW])
    by_content = wa.get_templates(content="vacuna", pagination=Pagination(limit=500))

    assert len(all_at_once) > 4
    assert [one.id for one in by_page] == [one.id for one in all_at_once]
    assert {str(one.language.value) for one in spanish} == {"es", "en"}
    assert [(one.name, one.language.value) for one in yellow] == [
        ("appointment_reminder_days", "es")
    ]
    assert 0 < len(list(by_content)) < len(all_at_once)
    assert first.total_count == len(all_at_once)


def test_a_paused_template_is_unpaused(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    sandbox.decide("pause_template", name="please_contact_us", language="en")
    (paused,) = wa.get_templates(name="please_contact_us", statuses=[TemplateStatus.PAUSED])

    result = paused.unpause()

    assert result.success
    assert wa.get_template(paused.id).status == TemplateStatus.APPROVED
    assert not paused.unpause().success


def test_what_meta_forbids_is_refused(wa: WhatsApp) -> None:
    wa.create_template(wish())

    with pytest.raises(errors.WhatsAppError) as twice:
        wa.create_template(wish())
    with pytest.raises(errors.WhatsAppError) as at_the_edge:
        wa.create_template(
            Template(
                name="edge",
                language=TemplateLanguage.SPANISH,
                category=TemplateCategory.UTILITY,
                parameter_format=ParamFormat.POSITIONAL,
                components=[BodyText("{{1}} ya", "x")],
            )
        )

    assert twice.value.code == 100
    assert at_the_edge.value.code == 2388299
