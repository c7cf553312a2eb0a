"""Imports: a file is brought in, looked at, and taken over by somebody who has seen it."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.formats.base_formats import CSV, XLSX

from campaigns.admin.downloads import plain
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import Act, StoryAdmin, act_page, act_path, clinics_of, row_or_404
from healthmsg.desk.admin import import_story
from healthmsg.desk.admin.import_forms import BringInForm, LetGoOnForm, OrderForm
from healthmsg.desk.imports import columns, deciding, folder, receiving
from healthmsg.desk.imports.cells import Order
from healthmsg.desk.imports.models import Finding, Import, ImportKind, Outcome
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.receiving import Wish

_FORMATS = {"csv": CSV, "xlsx": XLSX}


class _Line:
    """Hands back each line as it is written."""

    def write(self, line: str) -> str:
        return line


@admin.register(Import)
class ImportAdmin(StoryAdmin[Import]):
    """Files of other systems."""

    list_empty = gettext_lazy(
        "Bring patients or visits in from a spreadsheet; each file stands here"
        " with what came of it."
    )
    list_display = ("what", "file_name", "stands", "counted", "created_at", "created_by")
    list_select_related = ("created_by",)
    list_filter = ("kind", "state")
    ordering = ("-pk",)
    list_before_template = "imports/list_top.html"
    change_form_outer_before_template = "imports/story.html"

    @admin.display(description=gettext_lazy("what"))
    def what(self, source: Import) -> str:
        return str(capfirst(ImportKind(source.kind).label))

    @admin.display(description=gettext_lazy("state"))
    def stands(self, source: Import) -> str:
        return import_story.state_mark(source)

    @admin.display(description=gettext_lazy("rows"))
    def counted(self, source: Import) -> str:
        shown = [(one, source.counts.get(one, 0)) for one in Outcome if source.counts.get(one)]
        return ", ".join(f"{count} {outcome.label}" for outcome, count in shown) or "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("bring-in/", view(self.bring_in), name="desk_import_bring_in"),
            path("empty/<slug:kind>.<slug:ending>", view(self.empty), name="desk_import_empty"),
            act_path(self, "progress", self.progress),
            act_path(self, "order", self.say_order),
            act_path(self, "go-on", self.let_go_on),
            act_path(self, "stop", self.stop),
            act_path(self, "findings", self.findings),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        clinics = clinics_of(request.user).order_by("pk")[:5]
        top = {
            "may_bring_in": request.user.has_perm("desk.add_import"),
            "watched": [(clinic, folder.folders_of(clinic)) for clinic in clinics]
            if folder.is_watched()
            else [],
        }
        return super().changelist_view(request, top | (extra_context or {}))

    def bring_in(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("desk.add_import"):
            raise PermissionDenied
        taken: list[Import] = []

        def do(values: dict[str, Any]) -> str:
            wish = Wish(
                clinic=values["clinic"],
                kind=values["kind"],
                file_name=values["file"].name,
                date_order=values["date_order"],
                is_complete=values["is_complete"],
                complete_from=values["complete_from"] if values["is_complete"] else None,
                complete_until=values["complete_until"] if values["is_complete"] else None,
            )
            source = receiving.take(wish, values["file"], by=_person(request), now=clock.now())
            taken.append(source)
            return _("The file is being read. Nothing is written until you have looked at it.")

        act = Act(
            title=_("Bring a file in"),
            button=_("Read and check it"),
            form=BringInForm,
            form_arguments={
                "clinics": clinics_of(request.user).order_by("pk"),
                "files": request.FILES if request.method == "POST" else None,
            },
            template="imports/bring_in.html",
            context={"kinds": _kinds()},
            do=do,
        )
        answer = act_page(self, request, None, act)
        if taken:
            answer["Location"] = reverse("admin:desk_import_change", args=[taken[0].pk])
        return answer

    def empty(self, request: HttpRequest, kind: str, ending: str) -> HttpResponse:
        """Hand out a file that holds the headings alone, to be filled in."""
        if not request.user.has_perm("desk.add_import"):
            raise PermissionDenied
        if kind not in ImportKind.values or ending not in _FORMATS:
            raise Http404
        made = _FORMATS[ending]()
        content = made.export_data(columns.reader_of(kind).export(queryset=Import.objects.none()))
        response = HttpResponse(content, content_type=made.get_content_type())
        name = f"{kind.lower()}.{ending}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def progress(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer how it stands now; a part of the page."""
        source = row_or_404(self, request, str(object_id), "desk.view_import")
        return TemplateResponse(request, "imports/stands.html", import_story.told(source, request))

    def say_order(self, request: HttpRequest, object_id: int) -> HttpResponse:
        source = row_or_404(self, request, str(object_id), "desk.change_import")

        def do(values: dict[str, Any]) -> str:
            if not deciding.say_order(source, Order(values["date_order"])):
                raise ValidationError(_("Nobody is asked for it any more."))
            return _("The file is being checked.")

        act = Act(
            title=_("How are days written in this file?"),
            button=_("Check it so"),
            explanation=_(
                "Every day in one of its columns can be read both ways: 03/04/2020 is the 3rd of"
                " April or the 4th of March."
            ),
            form=OrderForm,
            do=do,
        )
        return act_page(self, request, source, act)

    def let_go_on(self, request: HttpRequest, object_id: int) -> HttpResponse:
        source = row_or_404(self, request, str(object_id), "desk.change_import")

        def do(_values: dict[str, Any]) -> str:
            if not deciding.let_go_on(source, by=_person(request), now=clock.now()):
                raise ValidationError(_("It does not wait for this any more."))
            return _("It is being taken over.")

        act = Act(
            title=_("Take “%(name)s” over") % {"name": source.file_name},
            button=_("Take it over"),
            explanation=_(
                "Rows with errors are left out. Nobody who asked us to stop is written to again."
            ),
            form=LetGoOnForm,
            form_arguments={"source": source},
            do=do,
            is_dangerous=bool(source.question),
        )
        return act_page(self, request, source, act)

    def stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        source = row_or_404(self, request, str(object_id), "desk.change_import")

        def do(_values: dict[str, Any]) -> str:
            if not deciding.stop(source, now=clock.now()):
                raise ValidationError(_("It was over already."))
            return _("Stopped. What stood in the file is deleted.")

        act = Act(
            title=_("Stop “%(name)s”") % {"name": source.file_name},
            button=_("Stop it"),
            explanation=_("What is taken over stays. The rest of the file is deleted."),
            do=do,
            is_dangerous=True,
        )
        return act_page(self, request, source, act)

    def findings(self, request: HttpRequest, object_id: int) -> StreamingHttpResponse:
        """Hand out every row about which there is something to say, and why."""
        source = row_or_404(self, request, str(object_id), "desk.view_import")
        response = StreamingHttpResponse(_lines(source), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{source.pk}.csv"'
        return response

    def story(self, request: HttpRequest, row: Import) -> dict[str, Any]:
        return {"title": capfirst(ImportKind(row.kind).label), **import_story.told(row, request)}


def _lines(source: Import) -> Iterator[str]:
    writer = csv.writer(_Line())
    # By this mark Excel knows the letters.
    yield "\ufeff" + writer.writerow([_("row"), _("column"), _("reason"), _("left out")])
    rows = Finding.objects.filter(source=source).order_by("row", "column", "reason")
    for one in rows.iterator(chunk_size=2000):
        words = (import_story.column_words(one.column), str(Reason(one.reason).label))
        left_out = _("yes") if one.is_error else _("no")
        yield writer.writerow([one.row, *(plain(word) for word in words), left_out])


def _kinds() -> list[dict[str, Any]]:
    """Return for each kind of file what may stand in it."""
    return [
        {
            "kind": kind,
            "label": ImportKind(kind).label,
            "needed": [columns.LABELS[names[0]] for names in dict.fromkeys(layout.needed)],
            "columns": [columns.LABELS[name] for name in layout.names],
        }
        for kind, layout in columns.LAYOUTS.items()
    ]


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return request.user
