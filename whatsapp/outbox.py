"""Where messages are queued, looked at beforehand, and taken back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from healthmsg.clinic.models import Site
from whatsapp import rendering, sealed_words, writing
from whatsapp.catalog import Catalog, Catalogs
from whatsapp.draft import Draft, FreeFile, FreeText, FromTemplate
from whatsapp.fill_ins import Scene
from whatsapp.models import AlsoAbout, Message, Sender
from whatsapp.places import LOCATION, Place, place_of
from whatsapp.rendering import Rendered
from whatsapp.signals import message_queued
from whatsapp.status import Reason, Status
from whatsapp.tops import Tops

Words = FromTemplate | FreeText | FreeFile


class Desk:
    """Senders and templates looked up once for a batch of drafts."""

    def __init__(self, drafts: Iterable[Draft], catalogs: Catalogs) -> None:
        self._catalogs = catalogs
        self._tops: dict[int, Tops] = {}
        phones = defaultdict(set)
        for draft in drafts:
            if draft.sender is None:
                phones[draft.clinic.pk].add(draft.phone.pk)
        catalogs.look_up(phones)

    def sender(self, draft: Draft) -> Sender | None:
        """The number asked for, else the one the phone last wrote to, else the clinic's first."""
        return (
            draft.sender
            or self._catalogs.written_to(draft.phone.id)
            or self._catalogs.first_sender(draft.clinic.id)
        )

    def catalog(self, sender: Sender) -> Catalog:
        return self._catalogs.of(sender)

    def tops(self, sender: Sender) -> Tops:
        if sender.pk not in self._tops:
            self._tops[sender.pk] = Tops(sender)
        return self._tops[sender.pk]


def preview(draft: Draft, words: Words, *, now: datetime) -> Rendered:
    """Return what `queue` would post, or the reason why it would not; changes nothing."""
    return previews([(draft, words)])[0]


def previews(
    pairs: Sequence[tuple[Draft, Words]], catalogs: Catalogs | None = None
) -> list[Rendered]:
    """
    Return the same of several, in their order; what they share is asked for once.

    :param catalogs: those by which the words were chosen, which need not be read again
    """
    desk = Desk((draft for draft, _ in pairs), catalogs or Catalogs())
    return [_render(draft, words, desk) for draft, words in pairs]


def queue(draft: Draft, words: Words, *, now: datetime) -> Message:
    """
    Queue one message; called twice with the same dedupe key, return the first one's row.

    What cannot be rendered becomes a row as well: WITHHELD, with its reason.
    """
    return queue_many([(draft, words)], now=now)[0]


def queue_many(pairs: Sequence[tuple[Draft, Words]], *, now: datetime) -> list[Message]:
    """Queue a batch, in the order given; see `queue`."""
    keys = queue_keys(pairs, now=now)
    found = Message.objects.in_bulk(keys)
    return [found[key] for key in keys]


@transaction.atomic
def queue_keys(pairs: Sequence[tuple[Draft, Words]], *, now: datetime) -> list[int]:
    """Queue a batch and return primary keys only, in the order given: rows take longer to read."""
    desk = Desk((draft for draft, _ in pairs), Catalogs())
    rows = [
        _row(draft, _render(draft, words, desk), desk.sender(draft), now) for draft, words in pairs
    ]
    fresh = writing.write(rows)
    # Of two drafts with one key the first was written.
    written = {
        d.dedupe_key: (d, row) for (d, _), row in reversed(list(zip(pairs, rows, strict=True)))
    }
    new = [written[key] for key in fresh]
    _name_the_others([draft for draft, _ in new], fresh)
    if any(row["status"] == Status.QUEUED for _, row in new):
        message_queued.send(sender=Message)
    kept = fresh | _known(written.keys() - fresh.keys())
    return [kept[draft.dedupe_key] for draft, _ in pairs]


def withdraw(messages: QuerySet[Message], *, reason: Reason, now: datetime) -> set[int]:
    """
    Take back what has not left; what is on its way or has left counts as told.

    :returns: primary keys of those that were still waiting
    """
    with transaction.atomic():
        waiting = (
            messages.filter(send_after__isnull=False, status=Status.QUEUED)
            .order_by("pk")
            .select_for_update(no_key=True, of=("self",))
        )
        ids = set(waiting.values_list("pk", flat=True))
        Message.objects.filter(pk__in=ids).update(
            status=Status.WITHHELD, reason=reason, send_after=None, withheld_at=now
        )
    return ids


def _render(draft: Draft, words: Words, desk: Desk) -> Rendered:
    sender = desk.sender(draft)
    if sender is None:
        return Rendered(reason=Reason.NO_SENDER)
    if isinstance(words, FreeText):
        return rendering.free_text(draft, words)
    if isinstance(words, FreeFile):
        return rendering.free_file(draft, words)
    found = desk.catalog(sender).find(words.names, _languages(draft))
    if isinstance(found, Reason):
        return Rendered(reason=found)
    scene = _scene(draft, found.language, words.site)
    if found.top == LOCATION:
        return rendering.template(draft, found, scene, words.values, _place(draft, scene))
    top = desk.tops(sender).find(found, scene, until=draft.expires_at) if found.top else None
    return rendering.template(draft, found, scene, words.values, top)


def _place(draft: Draft, scene: Scene) -> Place | None:
    """Return where it is; of visits at two sites one place would send somebody to the wrong one."""
    sites = {about.appointment.site_id for about in draft.subjects if about.appointment}
    return place_of(scene.site) if len(sites) <= 1 else None


def _languages(draft: Draft) -> tuple[str, ...]:
    """The contact's language, then the draft's spare one."""
    spare = draft.spare_language
    spare = draft.clinic.languages[0] if spare is None else spare
    return tuple(dict.fromkeys(filter(None, (draft.language, spare))))


def _scene(draft: Draft, language: str, site: Site | None) -> Scene:
    first = draft.subjects[0] if draft.subjects else None
    if first is None:
        return Scene(draft.clinic, language, spare_site=site)
    return Scene(draft.clinic, language, first.patient, first.contact, first.appointment, site)


def _row(
    draft: Draft, rendered: Rendered, sender: Sender | None, now: datetime
) -> dict[str, object]:
    first = draft.subjects[0] if draft.subjects else None
    visit, version = first.appointment if first else None, rendered.template_version
    is_withheld = rendered.reason is not None
    # `id`: Django looks up what `pk` stands for each time, tens of times for each row.
    return {
        "clinic_id": draft.clinic.id,
        "sender_id": sender.id if sender else None,
        "phone_id": draft.phone.id,
        "contact_id": first.contact.id if first and first.contact else None,
        "patient_id": first.patient.id if first else None,
        "appointment_id": visit.id if visit else None,
        "appointment_version": visit.version if visit else None,
        "appointment_status": visit.status if visit else "",
        "is_shared": len(draft.subjects) > 1,
        "stream_id": draft.stream.id if draft.stream else None,
        "lane": draft.lane,
        "purpose": draft.purpose,
        "dedupe_key": draft.dedupe_key,
        "callback": draft.callback,
        "language": rendered.language,
        "template_version_id": version.id if version else None,
        **_kept(draft, rendered),
        "status": Status.WITHHELD if is_withheld else Status.QUEUED,
        "reason": rendered.reason or "",
        "withheld_at": now if is_withheld else None,
        "send_after": None if is_withheld else (draft.send_after or now),
        "expires_at": draft.expires_at,
        "created_at": now,
    }


def _kept(draft: Draft, rendered: Rendered) -> dict[str, object]:
    """Return the columns of what is said: sealed, unless an older sender has to read it too."""
    body, payload = rendered.body, rendered.payload
    if not sealed_words.are_kept():
        return {"payload": payload, "body": body, "sealed": None}
    sealed = sealed_words.seal(body, payload, callback=draft.callback)
    return {"payload": {}, "body": "", "sealed": sealed}


def _name_the_others(drafts: Iterable[Draft], fresh: Mapping[str, int]) -> None:
    """Write down whom shared messages speak of beside the first."""
    others = [
        AlsoAbout(
            message_id=fresh[draft.dedupe_key],
            patient=subject.patient,
            appointment=subject.appointment,
            appointment_version=subject.appointment.version if subject.appointment else None,
            appointment_status=subject.appointment.status if subject.appointment else "",
        )
        for draft in drafts
        for subject in draft.subjects[1:]
    ]
    AlsoAbout.objects.bulk_create(others, ignore_conflicts=True)


def _known(keys: Collection[str]) -> dict[str, int]:
    """Return the rows that were there already, or that another has just written."""
    if not keys:
        return {}
    rows = Message.objects.filter(dedupe_key__in=keys)
    return dict(rows.values_list("dedupe_key", "pk"))
