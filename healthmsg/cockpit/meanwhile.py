"""Two people at one page: whoever saves second is told first what changed meanwhile."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.admin.utils import unquote
from django.core import signing
from django.db import IntegrityError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from healthmsg.clinic.models import AuditKind, AuditLine, AuditNote, StaffUser
from healthmsg.cockpit import as_shown, taken_out

# Types are Django's; what runs is Unfold's, which has none.
if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin

M = TypeVar("M", bound=Model)
# What a page sends back of how it stood when it was opened.
SHOWN = "as_shown"


# Between Unfold's page and every page of ours, so that no page can be without it. The forms are of
# many kinds, and columns that programs write are on none: what counts is what the form shows.
class UnhurriedAdmin(ModelAdmin[M]):
    """A page whose form is saved over nothing that its reader has not seen."""

    change_form_before_template = "cockpit/as_shown.html"

    def get_form(
        self,
        request: HttpRequest,
        obj: M | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        is_sent = change and obj is not None and request.method == "POST"
        return _asking(form, request) if is_sent else form

    def _create_formsets(self, request: HttpRequest, obj: M, change: Any) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        if change and request.method == "POST" and (then := _read(obj, request.POST)):
            formsets = [
                taken_out.without(formset, inline.get_queryset(request), then["shown"])
                for formset, inline in zip(formsets, inlines, strict=True)
            ]
        _keep(
            request,
            [
                formset
                for formset, inline in zip(formsets, inlines, strict=True)
                if inline.has_change_permission(request, obj)
            ],
        )
        return formsets, inlines

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            # Somebody saved the same at the same moment. Now the form sees it, and says so.
            if getattr(error.__cause__, "sqlstate", "") != UniqueViolation.sqlstate:
                raise
        return super().changeform_view(request, *args, **kwargs)

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, *others: Any
    ) -> HttpResponse:
        if request.method == "POST" and object_id is not None:
            row = self.get_object(request, unquote(object_id))
            if row is not None and self.has_change_permission(request, row):
                # Of two who press at once the second waits, and compares with what the first saved.
                same = self.model._base_manager.filter(pk=row.pk)
                same.select_for_update(no_key=True).values_list("pk").first()
        answer: HttpResponse = super()._changeform_view(request, object_id, *others)  # type: ignore[misc]
        return answer

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None and self.has_change_permission(request, row):
            form = context["adminform"].form
            context = context | {"as_shown": as_shown.sealed(row, form, _kept(request))}
        return super().render_change_form(request, context, *args, **kwargs)


def _asking(form: Any, request: HttpRequest) -> Any:
    """Return the form's class, which also asks what has changed since it was shown."""

    def full_clean(self: Any) -> None:
        form.full_clean(self)
        _compare(self, request)

    asking = type(form)(form.__name__, (form,), {"full_clean": full_clean})
    # Made anew for the new class, but not with what the page has since done to them.
    asking.base_fields = form.base_fields
    return asking


def _compare(form: Any, request: HttpRequest) -> None:
    # A page of ours always sends it. What comes without is no page that showed anything to anybody:
    # a script; or one opened before an upgrade, which is saved as it was then.
    if SHOWN not in form.data:
        return
    row, formsets = form.instance, _kept(request)
    sealed = _read(row, form.data)
    if sealed is None:
        form.add_error(
            None,
            _("Whether this changed since you opened it can no longer be told. Nothing was saved.")
            + " "
            + _("Look at everything below, and press save again."),
        )
        return
    then: Mapping[str, str] = sealed["shown"]
    labels = [
        *_marked(form, formsets, then),
        *_other_rows(form, formsets, then),
    ]
    if labels:
        opened = datetime.fromtimestamp(sealed["at"], UTC)
        who = _who(_on_the_page(row, formsets, then), opened, request)
        form.add_error(None, _told(who, opened, labels))


def _read(row: Model, sent: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what the page showed, as it was sent back; None where nothing or no such thing is."""
    try:
        sealed: dict[str, Any] = signing.loads(sent.get(SHOWN, ""), salt=as_shown.salt(row))
    except signing.BadSignature:
        return None
    return sealed


def _marked(form: Any, formsets: list[Any], then: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of fields that somebody else changed, each marked and with its news."""
    for key, place in as_shown.places(form, formsets):
        now = as_shown.digest(key, place.field, place.stands)
        if then.get(key, now) == now:
            continue
        # Asked before the first error is added: that takes away what was read.
        place.form.errors  # noqa: B018 - reads it
        typed = as_shown.typed(key, place)
        if now in typed:
            continue
        if then[key] in typed:
            # Nobody meant to put back what they have not touched: shown is what stands there now.
            place.field.bound_data = lambda _data, initial: initial
            place.form.add_error(place.name, _("Changed meanwhile: this is what stands here now."))
        else:
            place.form.add_error(place.name, _news(place))
        yield place.label(is_of_row=place.form is not form)


def _other_rows(form: Any, formsets: list[Any], then: Mapping[str, str]) -> Iterator[str]:
    now = {key: formset for formset in formsets for key in as_shown.rows(formset)}
    by_prefix = {formset.prefix: formset for formset in formsets}
    for key in now.keys() - then.keys():
        yield _("%(kind)s (one more)") % {"kind": _kind(now[key])}
    for key in then.keys() - now.keys():
        prefix, _colon, rest = key.partition(":")
        if prefix in by_prefix and ":" not in rest:
            formset = by_prefix[prefix]
            words = (
                _("%(kind)s (one was taken out; what you typed into it stands as a new one)")
                if key in getattr(formset, "typed_into", ())
                else _("%(kind)s (one was taken out)")
            )
            yield words % {"kind": _kind(formset)}


def _news(place: as_shown.Place) -> str:
    words = as_shown.in_words(place.field, place.stands)
    if words is None:
        return _("Changed meanwhile. What you typed stands here still.")
    return _("Changed meanwhile to: %(now)s. What you typed stands here still.") % {"now": words}


def _told(who: str, opened: datetime, labels: list[str]) -> str:
    facts = {
        "who": who,
        "what": get_text_list(sorted({*labels}), _("and")),
        "when": date_format(timezone.localtime(opened), "SHORT_DATETIME_FORMAT"),
    }
    first = (
        _("Since you opened this page (%(when)s), %(who)s changed: %(what)s.")
        if who
        else _("Since you opened this page (%(when)s), this changed: %(what)s.")
    ) % facts
    return " ".join(
        (
            first,
            _("Nothing was saved yet."),
            _("Look at the marked fields; what you typed still stands. Then press save again."),
        )
    )


def _on_the_page(row: Model, formsets: list[Any], then: Mapping[str, str]) -> Q:
    """Ask for the row and for those on its page, also for one that was taken out."""
    asked = Q(model=row._meta.label_lower, row_id=str(row.pk))
    for formset in formsets:
        before = f"{formset.prefix}:"
        keys = {key.removeprefix(before) for key in then if key.startswith(before)}
        keys |= {str(one.pk) for one in formset.get_queryset()}
        found = [key for key in keys if ":" not in key]
        if found:
            asked |= Q(model=formset.model._meta.label_lower, row_id__in=found)
    return asked


def _who(rows: Q, opened: datetime, request: HttpRequest) -> str:
    """Return who changed the rows since; "" where no person did."""
    found: set[int] = set()
    for told in (AuditNote, AuditLine):
        facts: QuerySet[Any] = told._default_manager.filter(
            rows, kind=AuditKind.CHANGE, by_id__isnull=False, at__gt=opened
        )
        found.update(facts.order_by().values_list("by_id", flat=True).distinct())
    people = StaffUser.objects.filter(pk__in=found).order_by("username")
    names = [_("you yourself") if one.pk == request.user.pk else str(one) for one in people]
    return get_text_list(names, _("and"))


def _keep(request: HttpRequest, formsets: list[Any]) -> None:
    request.__dict__["_formsets_shown"] = formsets


def _kept(request: HttpRequest) -> list[Any]:
    kept: list[Any] = request.__dict__.get("_formsets_shown", [])
    return kept


def _kind(formset: Any) -> str:
    return capfirst(str(formset.model._meta.verbose_name))
