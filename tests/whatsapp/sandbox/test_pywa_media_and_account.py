"""pywa keeps files, blocks patients and looks at numbers in the sandbox, unchanged."""

from collections.abc import Iterator

import pytest
from pywa import WhatsApp, errors

from tests.sandbox_process import PHONE_NUMBER_ID, SandboxProcess
from tests.whatsapp.sandbox.conftest import PATIENT
from tests.whatsapp.sandbox.pywa_side import APP_ID, client

PDF = b"%PDF-1.4 indications"


@pytest.fixture
def wa(sandbox: SandboxProcess) -> Iterator[WhatsApp]:
    with client(sandbox) as one:
        yield one


def test_a_file_is_uploaded_fetched_and_deleted(wa: WhatsApp) -> None:
    medium = wa.upload_media(PDF, "application/pdf", "a.pdf")
    found = wa.get_media_url(medium.id)
    fetched = wa.get_media_bytes(found.url)
    deleted = wa.delete_media(medium.id, phone_id=PHONE_NUMBER_ID)

    assert (found.mime_type, found.file_size, fetched) == ("application/pdf", len(PDF), PDF)
    assert bool(deleted)
    with pytest.raises(errors.WhatsAppError):
        wa.get_media_url(medium.id)


def test_a_large_picture_passes_and_a_larger_one_does_not(wa: WhatsApp) -> None:
    four, six = (b"\x89" * (size << 20) for size in (4, 6))

    assert wa.upload_media(four, "image/png", "a.png").id
    with pytest.raises(errors.MediaUploadError):
        wa.upload_media(six, "image/png", "a.png")
    with pytest.raises(errors.MediaUploadError):
        wa.upload_media(b"GIF89a", "image/gif", "a.gif")


def test_an_upload_goes_on_where_it_was_interrupted(wa: WhatsApp) -> None:
    session = wa.api.create_upload_session(APP_ID, "a.pdf", len(PDF), "application/pdf")["id"]

    wa.api.upload_file(session, PDF[:5])
    stands_at = wa.api.get_upload_session(session)["file_offset"]
    whole = wa.api.upload_file(session, PDF[stands_at:], stands_at)

    assert stands_at == 5
    assert whole["h"].startswith("4::")
    with pytest.raises(errors.WhatsAppError):
        wa.api.upload_file(session, PDF, 3)


def test_who_wrote_can_be_blocked_and_nobody_else(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    sandbox.inbound("5491155550101", text="Hola")

    result = wa.block_users([PATIENT, "+5491155550102"])
    listed = list(wa.get_blocked_users())
    with pytest.raises(errors.WhatsAppError) as refused:
        wa.send_message(PATIENT, "Hola")
    freed = wa.unblock_users([PATIENT])

    assert [one.wa_id for one in result.added_users] == ["5491155550101"]
    assert [one.input for one in result.failed_users] == ["+5491155550102"]
    assert result.errors is not None
    assert [one.wa_id for one in listed] == ["5491155550101"]
    assert refused.value.code == 130403
    assert [one.wa_id for one in freed.removed_users] == ["5491155550101"]
    assert wa.send_message(PATIENT, "Hola").id


def test_numbers_show_their_state(wa: WhatsApp) -> None:
    number = wa.get_business_phone_number()
    (listed,) = wa.get_business_phone_numbers()

    assert number.quality_rating == "GREEN"
    assert number.throughput == {"level": "STANDARD"}
    assert number.health_status is not None
    assert number.health_status["can_send_message"] == "AVAILABLE"
    assert (listed.id, listed.display_phone_number) == (PHONE_NUMBER_ID, "+54 11 5555-0000")


def test_a_number_is_deregistered_and_registered_again(wa: WhatsApp) -> None:
    wa.deregister_phone_number()
    with pytest.raises(errors.WhatsAppError) as refused:
        wa.send_message(PATIENT, "Hola")
    wa.register_phone_number("000000")

    assert refused.value.code == 133010
    assert wa.send_message(PATIENT, "Hola").id


def test_an_account_may_have_an_address_of_its_own(wa: WhatsApp) -> None:
    wa.override_waba_callback_url("http://127.0.0.1:1/own", "token")
    (shown,) = wa.api.get_waba_subscribed_apps(str(wa.waba_id))["data"]
    wa.delete_waba_callback_url()
    (again,) = wa.api.get_waba_subscribed_apps(str(wa.waba_id))["data"]

    assert shown["override_callback_uri"] == "http://127.0.0.1:1/own"
    assert "override_callback_uri" not in again
