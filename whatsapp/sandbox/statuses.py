"""The objects of webhooks: statuses, patients' messages, preferences."""

from dataclasses import dataclass

from whatsapp.sandbox.graph_errors import webhook_error
from whatsapp.sandbox.ledger import Entry
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.validation import parent_id_of, user_id_of

_NAMES = ("Ana", "Luis", "Mariana", "João", "Amira", "Omar", "Priya", "Zoé", "Grace", "Mateo")
LAST_VERSION_WITH_CONVERSATION = 23


@dataclass(slots=True)
class Notice:
    """One change for one webhook; the engine may put several into one request."""

    field: str
    value: Json
    kind: str  # "status", "message", "preference" or the field's name
    wa_id: str = ""
    name: str = ""  # of the status: sent, delivered, read, failed; else the type of the message
    wamid: str = ""
    time: int = 0  # of the entry; 0 where Meta sends none
    attempts: int = 0
    failing_since: float = 0.0  # of the sandbox's clock
    entry: Entry | None = None  # of a status: the message it is about


def contact(wa_id: str, *, number_hidden: bool = False) -> Json:
    """Return a `contacts` object, with the name the patient gave herself."""
    digits = int(wa_id[-6:] or 0)
    shown: Json = {"profile": {"name": _NAMES[digits % len(_NAMES)]}}
    if number_hidden:
        shown["profile"]["username"] = f"patient.{digits}"
    else:
        shown["wa_id"] = wa_id
    return {**shown, "user_id": user_id_of(wa_id)}


def metadata(number: Number) -> Json:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
    }


def status(entry: Entry, name: str, *, at: float, number: Number, error: int = 0) -> Notice:
    """Return a status without pricing, conversation and contacts; see the functions below."""
    told: Json = {
        "id": entry.wamid,
        "status": name,
        "timestamp": str(int(at)),
        "recipient_id": entry.wa_id,
        "recipient_user_id": user_id_of(entry.wa_id),
    }
    if entry.callback is not None:
        told["biz_opaque_callback_data"] = entry.callback
    if error:
        told["errors"] = [webhook_error(error)]
    value = {**metadata(number), "statuses": [told]}
    return Notice("messages", value, "status", entry.wa_id, name, entry.wamid, entry=entry)


def add_pricing(notice: Notice, category: str, *, is_free: bool) -> None:
    """Print the price, which Meta does on `sent` and on one of `delivered` and `read`."""
    notice.value["statuses"][0]["pricing"] = {
        "billable": not is_free,
        "pricing_model": "PMP",
        "type": "free_customer_service" if is_free else "regular",
        "category": category,
    }


def hide_number(notice: Notice) -> None:
    """Leave out the number, as for people who are known by a username alone."""
    del notice.value["statuses"][0]["recipient_id"]


def add_parents(notice: Notice) -> None:
    """Put the parent's id beside each user id, under its name with `parent_` before it."""
    for key in ("contacts", "messages", "statuses"):
        for told in notice.value.get(key, ()):
            for name in ("user_id", "from_user_id", "recipient_user_id"):
                if name in told:
                    told[f"parent_{name}"] = parent_id_of(told[name])


def add_identity(notice: Notice, identity: str) -> None:
    """Print the hash of who holds the number: of whom was written to, or of who wrote."""
    for told in notice.value.get("statuses", ()):
        told["recipient_identity_key_hash"] = identity
    if notice.kind == "message":
        for told in notice.value.get("contacts", ()):
            told["identity_key_hash"] = identity


def put_in_group(notice: Notice, group_id: str) -> None:
    """Tell it of a group: the recipient is the group, and the person one who takes part in it."""
    told = notice.value["statuses"][0]
    told |= {"recipient_type": "group", "recipient_participant_id": notice.wa_id}
    told["recipient_id"] = group_id


def add_conversation(notice: Notice, category: str, *, expires_at: float) -> None:
    """Print the conversation, which webhooks up to v23.0 carry; its end only on `sent`."""
    told = notice.value["statuses"][0]
    conversation: Json = {"id": told["id"][-24:], "origin": {"type": category}}
    if notice.name == "sent":
        conversation["expiration_timestamp"] = str(int(expires_at))
    told["conversation"] = conversation


def inbound(message: Json, *, number: Number, wa_id: str, hidden: bool = False) -> Notice:
    """Return a patient's message; one who hides her number is known by her user id alone."""
    sender = {"from_user_id": user_id_of(wa_id)} if hidden else {"from": wa_id}
    if not hidden:
        sender["from_user_id"] = user_id_of(wa_id)
    value: Json = {**metadata(number)}
    if message["type"] != "system":
        value["contacts"] = [contact(wa_id, number_hidden=hidden)]
    value["messages"] = [{**sender, **message}]
    return Notice("messages", value, "message", wa_id, message["type"], message["id"])


def preference(wish: str, *, number: Number, wa_id: str, at: float) -> Notice:
    """Return WhatsApp's own switch for marketing messages; its timestamp is a number."""
    value = {
        **metadata(number),
        "contacts": [{"wa_id": wa_id, "user_id": user_id_of(wa_id)}],
        "user_preferences": [
            {
                "wa_id": wa_id,
                "detail": f"User requested to {wish} marketing messages",
                "category": "marketing_messages",
                "value": wish,
                "timestamp": int(at),
            }
        ],
    }
    return Notice("user_preferences", value, "preference", wa_id, wish)
