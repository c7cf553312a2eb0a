"""The inbox: conversations with patients, first what needs haste, then who has waited longest."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.admin.search import keys_like, phones_like
from healthmsg.clinic.models import Contact, Patient, Phone, Site
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    StoryAdmin,
    act_path,
    countries_of,
    owned,
    sees_details,
    tip,
)
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.keys import key_of
from healthmsg.cockpit.paginator import FoundPaginator, keys_shown
from healthmsg.cockpit.there import counted
from whatsapp.admin import inbound_files, thread_acts, thread_page
from whatsapp.admin.thread_words import left_of, said, state_mark
from whatsapp.models import Conversation, Reply, Thread

WAITS, MINE, ALL, DONE = "", "mine", "all", "done"
_WHICH = {
    WAITS: gettext_lazy("waits for somebody"),
    MINE: gettext_lazy("mine"),
    ALL: gettext_lazy("everybody's"),
    DONE: gettext_lazy("done"),
}
# Beyond, the page says "more than"; a million rows are never counted.
COUNT_UNTIL = 1000
_SITES = 30


class WhichFilter(SimpleListFilter):
    """The list opens on what nobody has taken; a search looks everywhere."""

    title = gettext_lazy("state")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, words in _WHICH.items() if key]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _WHICH[WAITS]}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        which = self.value() or WAITS
        is_search = which == WAITS and bool(request.GET.get("q"))
        return queryset if is_search else of_state(queryset, which, request.user)


class SiteFilter(SimpleListFilter):
    """Of the site of the patient's next visit, or of the last."""

    title = gettext_lazy("site")
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        sites = owned(Site.objects.order_by("name"), request.user)[:_SITES]
        return [*((str(site.pk), site.name) for site in sites), ("none", _("not known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        value = self.value()
        if value == "none":
            return queryset.filter(site=None)
        return queryset.filter(site=key) if (key := key_of(value)) else queryset


def of_state(rows: QuerySet[Thread], which: str, person: Person) -> QuerySet[Thread]:
    """Return those of one of the list's four states, as its indexes have them."""
    if which == DONE:
        return rows.filter(opened_at=None)
    rows = rows.filter(opened_at__isnull=False)
    if which == MINE:
        return rows.filter(taken_by=person.pk)
    return rows.filter(taken_by=None) if which == WAITS else rows


@admin.register(Thread)
class ThreadAdmin(StoryAdmin[Thread]):
    """What patients wrote and no machine understood, and what people answered."""

    list_title = gettext_lazy("Messages from patients")
    list_empty = gettext_lazy("When a patient writes, the conversation stands here.")
    list_filter = (WhichFilter, SiteFilter)
    search_fields = ("hidden_as",)
    search_help_text = gettext_lazy("Name or its beginning, identifier, or last digits of a number")
    list_display_links = ("from_whom",)
    list_before_template = "whatsapp/threads_top.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        rows = super().get_queryset(request)
        return rows.select_related(
            *("clinic", "phone", "site", "taken_by", "sender__account__portfolio")
        )

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        words = ("words",) if sees_details(request.user) else ()
        return ("from_whom", *words, "stands", "waits", "window", "site")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        if request.GET.get("which") == DONE:
            return ("-done_at", "-pk")
        # In PostgreSQL what has no value stands last.
        return ("urgent_since", "waits_since", "pk")

    def find(
        self, request: HttpRequest, rows: QuerySet[Thread], typed: str
    ) -> tuple[QuerySet[Thread], bool]:
        if not typed or not sees_details(request.user):
            return rows, False
        countries = countries_of(request.user)
        mine = owned(Patient.objects.all(), request.user)
        patients = keys_like(mine, typed, countries=countries)
        theirs = Contact.objects.filter(patient__in=patients, phone__isnull=False)
        phones = phones_like(Phone.objects.all(), typed, countries=countries)
        found = theirs.values("phone_id").union(phones.values("pk"))
        return rows.filter(phone__in=found), False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.GET.get("q"):
            return super().get_paginator(request, *args, **kwargs)
        return FoundPaginator(*args, **kwargs)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        keys = keys_shown(changelist)
        # The last words, the window and the patients are looked up for the rows on the page only.
        rows = {row.pk: row for row in _shown(Thread.objects.filter(pk__in=keys), request.user)}
        changelist.result_list = [rows[key] for key in keys if key in rows]
        return changelist

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        top = {"tabs": list(_tabs(request)), "sites": list(_sites(request))}
        return super().changelist_view(request, top | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        thread = self.get_object(request, object_id)
        if thread is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, thread):
            raise PermissionDenied
        return thread_page.show(self, request, thread)

    def get_urls(self) -> list[URLPattern]:
        acts = [
            act_path(self, name, self._bound(view))
            for name, view in (thread_acts.ACTS | inbound_files.ACTS).items()
        ]
        return [*acts, *super().get_urls()]

    def _bound(self, view: thread_acts.View) -> Any:
        def bound(request: HttpRequest, object_id: int) -> HttpResponse:
            return view(self, request, object_id)

        return bound

    @admin.display(description=gettext_lazy("from"))
    def from_whom(self, thread: Any) -> str:
        if thread.phone is None:
            return _("a hidden number")
        if not thread.may_see:
            return str(thread.phone.masked)
        names = [contact.patient.full_name for contact in thread.phone.contacts.all()]
        number = spoken(thread.phone.number)
        if not names:
            return format_html("{}<br>{}", number, tip(_("no patient that we know")))
        return format_html("<bdi>{}</bdi><br>{}", ", ".join(names[:3]), tip(number))

    @admin.display(description=gettext_lazy("last words"))
    def words(self, thread: Any) -> str:
        newest = Reply(
            kind=thread.last_kind or "",
            wamid=thread.last_wamid or "",
            sealed=thread.last_sealed,
            clear_text=thread.last_text or "",
        )
        return format_html('<span dir="auto">{}</span>', Truncator(said(newest)).chars(80))

    @admin.display(description=gettext_lazy("state"))
    def stands(self, thread: Thread) -> str:
        return state_mark(thread, now=clock.now())

    @admin.display(description=gettext_lazy("waits"))
    def waits(self, thread: Thread) -> str:
        if thread.waits_since is None:
            return _("answered") if thread.opened_at else ""
        return timesince(thread.waits_since, clock.now(), depth=1)

    @admin.display(description=gettext_lazy("can be answered freely for"))
    def window(self, thread: Any) -> str:
        return left_of(thread.last_inbound_at, now=clock.now())


def _shown(rows: QuerySet[Thread], person: Person) -> Iterator[Thread]:
    newest = Reply.objects.filter(thread=OuterRef("pk")).order_by("-written_at", "-pk")
    talk = Conversation.objects.filter(sender=OuterRef("sender"), phone=OuterRef("phone"))
    rows = rows.select_related("phone", "site", "taken_by").prefetch_related(
        "phone__contacts__patient"
    )
    found = rows.annotate(
        last_text=Subquery(newest.values("clear_text")[:1]),
        last_sealed=Subquery(newest.values("sealed")[:1]),
        last_wamid=Subquery(newest.values("wamid")[:1]),
        last_kind=Subquery(newest.values("kind")[:1]),
        last_inbound_at=Subquery(talk.values("last_inbound_at")[:1]),
    )
    for row in found:
        row.may_see = sees_details(person)  # type: ignore[attr-defined]
        yield row


def _tabs(request: HttpRequest) -> Iterator[dict[str, Any]]:
    here = request.GET.get("which", WAITS)
    rows = owned(Thread.objects.all(), request.user)
    open_ones = {which: of_state(rows, which, request.user) for which in (WAITS, MINE, ALL)}
    counts = counted((open_ones, COUNT_UNTIL + 1))
    for which, words in _WHICH.items():
        yield {
            "words": words,
            "query": _query(request, which=which),
            "is_here": here == which,
            "count": "" if which == DONE else _capped(counts[which]),
        }


def _sites(request: HttpRequest) -> Iterator[dict[str, Any]]:
    """Return each site with how many conversations of this state it has, capped together."""
    rows = owned(Thread.objects.all(), request.user)
    which = request.GET.get("which", WAITS)
    if which == DONE:
        return
    some = of_state(rows, which, request.user).order_by().values("pk")[:COUNT_UNTIL]
    counted = (
        Thread.objects.filter(pk__in=some)
        .values("site", "site__name")
        .annotate(count=Count("pk"))
        .order_by(F("site__name").asc(nulls_last=True))
    )
    here = request.GET.get("site", "")
    groups = list(counted[:_SITES])
    if len(groups) < 2 and not here:
        return
    yield {"words": _("all sites"), "query": _query(request, site=""), "is_here": not here}
    for group in groups:
        key = str(group["site"] or "none")
        yield {
            "words": group["site__name"] or _("not known"),
            "query": _query(request, site=key),
            "is_here": here == key,
            "count": _capped(group["count"]),
        }


def _query(request: HttpRequest, **changed: str) -> str:
    kept = {key: request.GET.get(key, "") for key in ("which", "site")} | changed
    return "?" + "&".join(f"{key}={value}" for key, value in kept.items() if value)


def _capped(count: int) -> str:
    return _("more than %d") % COUNT_UNTIL if count > COUNT_UNTIL else str(count)
