from tests.sandbox_process import PHONE_NUMBER_ID, WABA_ID, SandboxProcess, running
from tests.whatsapp.sandbox.conftest import Sender


def test_a_number_shows_its_state(sender: Sender, sandbox: SandboxProcess) -> None:
    fields = "display_phone_number,quality_rating,throughput,health_status,nonsense"
    sandbox.settings(numbers={PHONE_NUMBER_ID: {"quality_rating": "YELLOW"}})

    node = sender.get(PHONE_NUMBER_ID, fields=fields).json()

    assert node["quality_rating"] == "YELLOW"
    assert node["throughput"] == {"level": "STANDARD"}
    assert node["health_status"]["can_send_message"] == "AVAILABLE"
    assert "nonsense" not in node
    assert node["id"] == PHONE_NUMBER_ID


def test_the_account_lists_its_numbers() -> None:
    flags = ("--number=111=+54 11 5555-0001=North", "--number=222=+34 600 00 00 00=South")

    with running(*flags) as sandbox:
        nodes = Sender(sandbox).get(f"{WABA_ID}/phone_numbers").json()["data"]

    assert [(one["id"], one["verified_name"]) for one in nodes] == [
        ("111", "North"),
        ("222", "South"),
    ]


def test_an_app_subscribes_and_unsubscribes(sender: Sender) -> None:
    url = f"{sender.sandbox.base_url}/v25.0/{WABA_ID}/subscribed_apps"
    headers = {"Authorization": "Bearer sandbox-token"}

    sender.session.post(url, headers=headers, timeout=10)
    subscribed = sender.get(f"{WABA_ID}/subscribed_apps").json()["data"]
    sender.session.delete(url, headers=headers, timeout=10)

    assert len(subscribed) == 1
    assert sender.get(f"{WABA_ID}/subscribed_apps").json()["data"] == []


def test_media_is_uploaded_looked_up_and_deleted(sender: Sender) -> None:
    base = f"{sender.sandbox.base_url}/v25.0"
    headers = {"Authorization": "Bearer sandbox-token"}
    files = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}

    media_id = sender.session.post(
        f"{base}/{PHONE_NUMBER_ID}/media",
        data={"messaging_product": "whatsapp"},
        files=files,
        headers=headers,
        timeout=10,
    ).json()["id"]
    found = sender.get(media_id).json()
    deleted = sender.session.delete(f"{base}/{media_id}", headers=headers, timeout=10).json()

    assert (found["mime_type"], found["file_size"]) == ("application/pdf", 8)
    assert deleted == {"success": True}
    assert sender.get(media_id).status_code == 400


def test_unknown_addresses_get_a_graph_error(sender: Sender) -> None:
    codes = [
        sender.get(path).json()["error"]["code"]
        for path in ("999", "999/message_templates", f"{WABA_ID}/nothing")
    ]
    without_version = sender.session.get(f"{sender.sandbox.base_url}/v9/1", timeout=10)

    assert codes == [100, 100, 100]
    assert without_version.json()["error"]["code"] == 2500
