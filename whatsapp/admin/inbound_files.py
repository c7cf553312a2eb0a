"""Gives staff the files that patients sent; nobody else, and nothing that a browser would run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from healthmsg.cockpit import row_or_404, sees_details
from healthmsg.cockpit.keys import key_of
from whatsapp import file_kinds, kept_files
from whatsapp.kept_files import Unopened
from whatsapp.models import FileState, InboundFile, Thread


def give(page: ModelAdmin[Any], request: HttpRequest, object_id: int) -> HttpResponse:
    """
    Give the file named by `?of=` out of a conversation of the person's own clinic.

    Its kind is what its bytes said, never what the patient's telephone said.
    """
    thread: Thread = row_or_404(page, request, str(object_id), "whatsapp.view_thread")
    if not sees_details(request.user):
        raise PermissionDenied
    key = key_of(request.GET.get("of"))
    kept = InboundFile.objects.filter(state=FileState.KEPT, reply__clinic=thread.clinic_id)
    if thread.phone_id is None:
        file = kept.filter(pk=key, reply__thread=thread).first()
    else:
        # What the same phone sent to another of the clinic's numbers may be another site's.
        of_phone = kept.filter(reply__phone=thread.phone_id, reply__sender=thread.sender_id)
        file = of_phone.filter(pk=key).first()
    if file is None:
        raise Http404
    try:
        # Whole, before any of it is given: only its end says that it is as the patient sent it.
        content = b"".join(kept_files.read(file, Path(settings.INBOUND_FILES_DIRECTORY)))
    except Unopened as error:
        told = {"thread": thread, "file": file, "why": error.why.label}
        return render(request, "whatsapp/file_unopened.html", told, status=404)
    place = "inline" if file.is_shown else "attachment"
    answer = HttpResponse(content, content_type=file.mime_type)
    answer["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(name_of(file), safe='')}"
    answer["X-Content-Type-Options"] = "nosniff"
    # Even if a browser took it for a page: no scripts, no origin, nothing loaded.
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer


def name_of(file: InboundFile) -> str:
    """Return a name whose ending is that of what it is: invoice.pdf.exe ends as it should."""
    ending = file_kinds.ending_of(file.mime_type)
    letters = "".join(c if c.isalnum() or c in " -_." else "_" for c in file.called)
    stem = letters.strip(" .")[:80] or f"file-{file.pk}"
    return stem if stem.lower().endswith(ending) else f"{stem}{ending}"


ACTS: dict[str, Callable[[ModelAdmin[Any], HttpRequest, int], HttpResponse]] = {"file": give}
