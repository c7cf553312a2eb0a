"""Every address of the resolver in the words of `who_may_open.txt`, and one that can be asked."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver, resolve, reverse
from django.urls.resolvers import RoutePattern
from django_htmx.middleware import HtmxDetails

from healthmsg.clinic.models import Contact
from healthmsg.cockpit import again

# What an argument means where it is no key of the row that the address is about.
_ROWS = {"visit_id": "clinic.Appointment", "patient_id": "clinic.Patient"} | {
    "clinic_id": "clinic.Clinic",
    "thread_id": "whatsapp.Thread",
    "message_id": "whatsapp.Message",
    "clinician_id": "clinic.Clinician",
    "wording_id": "clinic.Wording",
    "line_id": "clinic.ConsentRecord",
    "call_id": "reminders.CallOutcome",
    "code_id": "desk.PermissionCode",
    "list_id": "desk.CancelledList",
    "pair_id": "desk.SuspectedDuplicate",
    "merge_id": "desk.PatientMerge",
    # What one click wrote down goes by a key of its own.
    "batch": "desk.UnreachedOutcome",
}
_WORDS = {"language": "es", "key": "1", "kind": "patients", "ending": "csv", "token": "none"}
_WORDS |= {"app": "clinic", "anything": "nothing-here/", "name": "arrived"}
# `admin/r/<content_type_id>/<id>/` leads to rows of any kind; of ours none has such a page.
_TYPE = "content_type_id"
_NO_BATCH = "00000000-0000-4000-8000-000000000000"
FORBIDDEN, NOT_FOUND = 403, 404


def patterns(resolver: Any = None, before: str = "") -> Iterator[str]:
    """Yield each address once, such as `admin/clinic/patient/<id>/died/`."""
    for part in (resolver or get_resolver()).url_patterns:
        whole = before + _written(part.pattern)
        if isinstance(part, URLPattern):
            yield whole
        else:
            yield from patterns(part, whole)


def filled(pattern: str, rows: Mapping[str, Model]) -> str:
    """Return an address that leads to the row which the pattern is about."""
    about = re.match(r"admin/(\w+)/(\w+)/", pattern)
    named = {row._meta.label_lower: row for row in rows.values()}
    row = named.get(".".join(about.groups())) if about else None
    words = {"id": row.pk if row else 1, **_WORDS}
    words |= {name: rows[label].pk for name, label in _ROWS.items()}
    if "clinicwords" in pattern:
        words["key"] = "button_undo"
    words["batch"] = getattr(rows[_ROWS["batch"]], "batch", None) or _NO_BATCH
    # Gone, where the test has deleted what the pages are about.
    theirs = Contact.objects.filter(patient=rows["clinic.Patient"].pk)
    words["contact_id"] = theirs.values_list("pk", flat=True).first() or 1
    words[_TYPE] = ContentType.objects.get_for_model(rows["clinic.Patient"]).pk
    return "/" + re.sub(r"<(\w+)>", lambda found: str(words[found[1]]), pattern)


def asked(
    address: str, person: Any, *, posted: Mapping[str, Any] | None = None, renders: bool = False
) -> int:
    """
    Return with what an address answers somebody; nothing that it does is kept.

    Pages are not rendered, unless that is asked for. 302 to the page for signing in counts as 403.
    """
    factory = RequestFactory()
    request = factory.get(address) if posted is None else factory.post(address, dict(posted))
    _as_the_middleware_does(request, person)
    found = resolve(urlsplit(address).path)
    try:
        with transaction.atomic():
            response = found.func(request, *found.args, **found.kwargs)
            if renders and hasattr(response, "render"):
                response.render()
            transaction.set_rollback(True)
    except PermissionDenied:
        return FORBIDDEN
    except Http404:
        return NOT_FOUND
    except (BadRequest, SuspiciousOperation):
        return 400
    # Not `close`, which ends the connection to the database too.
    for close in response._resource_closers:
        close()
    onward = response.get("Location", "")
    if "/login/" in onward:
        return FORBIDDEN
    # Django's way to say that there is no such row.
    return NOT_FOUND if onward == reverse("admin:index") else int(response.status_code)


def _as_the_middleware_does(request: HttpRequest, person: Any) -> None:
    # The person is read anew for each request: what they may is kept on them.
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    request.user = type(person).objects.get(pk=person.pk) if person.pk else person
    request.session = SessionStore()
    again.note(request)
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]


def _written(pattern: Any) -> str:
    if not isinstance(pattern, RoutePattern):
        # The admin's page of one app, and what it answers to any other address.
        return "<app>/" if "app_label" in str(pattern) else "<anything>"
    return re.sub(r"<(?:\w+:)?(?:object_)?(\w+)>", r"<\1>", str(pattern))
