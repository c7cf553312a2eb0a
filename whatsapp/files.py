"""Files on top of messages: looked at before they are kept, uploaded once for each number."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from whatsapp.graph import Graph
from whatsapp.models import FileUpload, HeaderFile, Sender, Template, TemplateDraft, TemplateStatus

# Source: WhatsApp Cloud API, supported media types, read 2025-12: 5 MB for pictures; 100 MB for
# documents, which no patient wants to load: ours is 10.
LARGEST = {"application/pdf": 10 << 20, "image/jpeg": 5 << 20, "image/png": 5 << 20}
_BEGINNINGS = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n": "image/png",
}
# Source: the same: an upload is kept for 30 days. Early enough for what is queued now and leaves
# days later.
RENEWED_AFTER = timedelta(days=15)


def kind_of(content: bytes) -> str:
    """
    Return what a file is, by its first bytes: names lie.

    :raises ValidationError: WhatsApp does not take it, or not so large
    """
    found = [kind for begin, kind in _BEGINNINGS.items() if content.startswith(begin)]
    if not found:
        raise ValidationError(_("It is neither a PDF nor a JPEG or PNG picture."))
    if len(content) > LARGEST[found[0]]:
        raise ValidationError(_("It is larger than %d MB.") % (LARGEST[found[0]] >> 20))
    return found[0]


def forget_uploads(file: HeaderFile) -> None:
    """The file was replaced: what WhatsApp keeps is the old one."""
    FileUpload.objects.filter(file=file).delete()


def is_used(file: HeaderFile) -> bool:
    """True where a template or a draft names it."""
    used = Template.objects.filter(file=file), TemplateDraft.objects.filter(file=file)
    return any(rows.exists() for rows in used)


def needed_by(sender: Sender) -> QuerySet[HeaderFile]:
    """Return the files that messages from a number may need on top."""
    # Also those in review: the file is there before the first message needs it.
    states = (TemplateStatus.APPROVED, TemplateStatus.PENDING, TemplateStatus.PAUSED)
    mine = Template.objects.filter(account=sender.account_id, status__in=states)
    wanted = Q(pk__in=mine.filter(file__isnull=False).values("file"))
    if mine.filter(uses_preparation=True).exists():
        wanted |= Q(clinic=sender.clinic_id, visit_kind__isnull=False)
    return HeaderFile.objects.filter(wanted).order_by("pk")


def upload_for(sender: Sender, graph: Graph, *, now: datetime) -> int:
    """
    Give WhatsApp the files that a number needs and that it lacks, or that it will soon forget.

    :returns: how many were uploaded
    :raises SendError: WhatsApp did not take one; those before it are kept
    """
    fresh = FileUpload.objects.filter(sender=sender, uploaded_at__gt=now - RENEWED_AFTER)
    known = set(fresh.values_list("file_id", flat=True))
    count = 0
    for file in needed_by(sender).exclude(pk__in=known):
        media_id = graph.upload(
            sender.phone_number_id,
            name=file.name,
            mime_type=file.mime_type,
            content=bytes(file.content),
        )
        _keep(file, sender, media_id, now)
        count += 1
    return count


def _keep(file: HeaderFile, sender: Sender, media_id: str, now: datetime) -> None:
    # Replaced while it was on its way: what WhatsApp got is the old one.
    same = HeaderFile.objects.filter(pk=file.pk, changed_at=file.changed_at)
    if same.exists():
        FileUpload.objects.update_or_create(
            file=file, sender=sender, defaults={"media_id": media_id, "uploaded_at": now}
        )
