"""The admin classes of the house: a person's own clinics only, and lists that never count all."""

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db.models import (
    DateField,
    DateTimeField,
    Field,
    ForeignKey,
    ManyToManyField,
    Model,
    QuerySet,
    TimeField,
    URLField,
)
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextInputWidget

from healthmsg.cockpit import fields, recording, searching
from healthmsg.cockpit.acts import back_to
from healthmsg.cockpit.belonging import clinics_of, owned
from healthmsg.cockpit.choices import read_once
from healthmsg.cockpit.meanwhile import UnhurriedAdmin
from healthmsg.cockpit.one_clinic import OneClinicForm
from healthmsg.cockpit.paginator import CappedPaginator

# Types are Django's; what runs is Unfold's, which has none.
if TYPE_CHECKING:
    from django.contrib.admin import StackedInline, TabularInline
    from django.contrib.admin.views.main import ChangeList
    from django.forms import ModelForm
    from django.utils.functional import _StrOrPromise
else:
    from unfold.admin import StackedInline, TabularInline
    from unfold.views import ChangeList

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)


_OVERRIDES: dict[Any, dict[str, Any]] = {
    URLField: {"assume_scheme": "https"},
    DateField: {"form_class": fields.DayField, "widget": fields.DayInput},
    TimeField: {"widget": fields.HourInput},
    DateTimeField: {"form_class": fields.MomentField, "widget": fields.MomentInput},
    ArrayField: {"widget": UnfoldAdminTextInputWidget},
}


class OwnPageList(ChangeList):
    """A list whose rows lead to pages that are not the admin's."""

    def url_for_result(self, result: Model) -> str:
        return back_to(self.model_admin, result)


# A base of our own, against the house's habit: one forgotten filter would show a foreign clinic's
# patients, so no page gets to write it.
class ClinicAdmin(UnhurriedAdmin[M]):
    """A page whose rows, choices and links stop at the person's own clinics."""

    form: "type[ModelForm[M]]" = OneClinicForm
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    # The name of the address at which a row is looked at, where that is not its form.
    row_page = ""
    # Counts beside filters would count every row, once for each choice.
    show_facets = ShowFacets.NEVER
    # Each list has the one order that an index serves.
    sortable_by = ()
    list_max_show_all = 0
    formfield_overrides = _OVERRIDES
    list_fullwidth = True
    list_filter_submit = False
    compressed_fields = True
    warn_unsaved_form = True
    actions_selection_counter = True
    # What the side bar calls the list, where that is not the name of its rows.
    list_title: "_StrOrPromise" = ""
    # What an empty list says will stand here, or how.
    list_empty: "_StrOrPromise" = ""
    # What the list counts, where its name is no plural.
    list_counts: "_StrOrPromise" = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return owned(super().get_queryset(request), request.user)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return OwnPageList if self.row_page else super().get_changelist(request, **kwargs)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> NoReturn:
        # Django's own way home is for those who may know that a row might be there.
        raise Http404

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> tuple[Any, ...]:
        # A row never changes clinics: what hangs on it would stay behind.
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "clinic") if obj is not None and _has_clinic(self.model) else fields

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **_choices(db_field, request, kwargs)
        )

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **_choices(db_field, request, kwargs)
        )

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return _without_windows(read_once(field, request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "typed" in request.POST:
            query = request.GET.copy()
            query["q"] = searching.keep(request, request.POST["typed"].strip())
            query.pop("p", None)
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        typed = searching.meant(request, request.GET.get("q", ""))
        shown = {"typed": typed} | ({"title": self.list_title} if self.list_title else {})
        response = super().changelist_view(request, {**shown, **(extra_context or {})})
        changelist = (getattr(response, "context_data", None) or {}).get("cl")
        if changelist is not None:
            recording.shows(request, changelist.result_list, is_list=True)
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # "Change site" says of no window, and of no line of the history, which site.
        row = context.get("original")
        named = getattr(row, "name", "") if context["title"] == _changing(self.opts) else ""
        return super().render_change_form(
            request, context | ({"title": named} if named else {}), *args, **kwargs
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # A row without a name would be called by its number.
        named = getattr(self.get_object(request, object_id), "name", "")
        title = {} if named else {"title": gettext("Change history")}
        return super().history_view(request, object_id, {**title, **(extra_context or {})})

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> M | None:
        # The page, Django's form and fields ask; what a form was sent for is looked up each time.
        known: dict[Any, M | None] = request.__dict__.setdefault("_rows_shown", {})
        # An empty one, which no page of ours sends, is none; Django would look for that field.
        from_field = from_field or None
        asked = (type(self), object_id, from_field)
        if asked in known and request.method == "GET":
            return known[asked]
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            # Acts, pages and files of one row: each asks for it here.
            recording.shows(request, [row])
        known[asked] = row
        return row

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Search for the words that were typed, whatever token stands in the address."""
        return self.find(request, queryset, searching.meant(request, search_term))

    def find(self, request: HttpRequest, rows: QuerySet[M], typed: str) -> tuple[QuerySet[M], bool]:
        """Return the rows that fit what was typed, and whether they may repeat."""
        return super().get_search_results(request, rows, typed)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        if _has_clinic(self.model):
            initial.setdefault(
                "clinic", clinics_of(request.user).values_list("pk", flat=True).first()
            )
        return initial

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        # Whether no row at all may be deleted is a matter of roles, and this one is only gone.
        if self.has_view_permission(request) and self.get_object(request, object_id) is None:
            raise Http404
        return super().delete_view(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Rows are kept and end by a verb; nothing is deleted by the handful.
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class CockpitInline(StackedInline[M, P]):
    """Rows on their parent's page; their choices stop at the person's own clinics too."""

    extra = 0
    show_change_link = False
    formfield_overrides = _OVERRIDES

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return _without_windows(read_once(field, request))

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **_choices(db_field, request, kwargs)
        )


class CockpitTable(CockpitInline[M, P]):
    """The same as a table: many rows of a few short fields."""

    template = "admin/edit_inline/tabular.html"


class ReadOnlyInline(TabularInline[M, P]):
    """Rows on their parent's page that nobody edits."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _without_windows(formfield: Any) -> Any:
    """No windows beside windows: everything is set up on its own page."""
    if formfield is not None and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
        formfield.widget = formfield.widget.widget
    return formfield


def _choices(
    field: "Field[Any, Any]", request: HttpRequest, kwargs: dict[str, Any]
) -> dict[str, Any]:
    related = field.related_model
    if "queryset" in kwargs or related is None or isinstance(related, str):
        return kwargs
    return kwargs | {"queryset": owned(related._default_manager.all(), request.user)}


def _changing(opts: Any) -> str:
    """Return what Django calls the page of a row."""
    return str(gettext("Change %s") % opts.verbose_name)


def _has_clinic(model: type[Model]) -> bool:
    return any(field.name == "clinic" for field in model._meta.fields)
