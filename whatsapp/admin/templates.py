"""Templates: read-only, shown as a patient would see them, and why one cannot be used."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError

from healthmsg import clock
from healthmsg.celery import app
from healthmsg.clinic.languages import in_words
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    back_to,
    clinics_of,
    mark,
    row_or_404,
)
from whatsapp import drafting, holds, places, submitting
from whatsapp.admin import chosen_templates, composer
from whatsapp.admin.choices import LanguageFilter, StatusFilter, in_its_language
from whatsapp.admin.drafts import copy_page, to_draft
from whatsapp.admin.gaps import GapsForm, bind, tell
from whatsapp.admin.holding import (
    Stopping,
    holding_context,
    may_hold,
    stop_and_start,
)
from whatsapp.admin.preview import preview
from whatsapp.admin.template_marks import (
    category_mark,
    category_warning,
    quality_mark,
    usable_mark,
)
from whatsapp.admin.trying import try_page
from whatsapp.admin.way import graph
from whatsapp.catalog import Catalog
from whatsapp.lifting import what_lifts_status
from whatsapp.models import ENDED, Template, TemplateStatus
from whatsapp.signals import template_uses_asked
from whatsapp.template_refusals import rejection

SUBMISSIONS = 10
_DELETED_STAYS = gettext_lazy("The name cannot be used again for 30 days. What was sent stays.")
_TONES = {
    TemplateStatus.APPROVED: Tone.GOOD,
    TemplateStatus.PENDING: Tone.WAITING,
    TemplateStatus.IN_APPEAL: Tone.WAITING,
    TemplateStatus.PENDING_DELETION: Tone.QUIET,
    TemplateStatus.DELETED: Tone.QUIET,
}


@admin.register(Template)
class TemplateAdmin(StoryAdmin[Template]):
    """What WhatsApp approved, per language."""

    list_empty = gettext_lazy(
        "What WhatsApp has approved stands here once it was fetched. Write a"
        " draft to have one approved."
    )
    list_filter = (("status", StatusFilter), ("language", LanguageFilter))
    search_fields = ("name",)
    ordering = ("name", "language")
    actions = ("stop_chosen", "start_chosen")
    change_form_outer_before_template = "whatsapp/template_story.html"
    list_before_template = "whatsapp/templates_fetch.html"
    stopping = Stopping(
        is_stopped=gettext_lazy("This template is stopped here"),
        stop=gettext_lazy("Stop this template"),
        consequence=gettext_lazy(
            "What is written with this template in this language waits, and is given up when its"
            " useful time has passed. WhatsApp is not told."
        ),
        stopped=gettext_lazy("Stopped 1 template. What is written with it waits."),
        started=gettext_lazy("Started 1 template. What waits goes out."),
        reaches=lambda template: Clinic.objects.filter(senders__account=template.account_id),
        release=lambda template: holds.start_template(template.pk),
    )

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("whatsapp.change_template")

    @admin.action(description=gettext_lazy("Stop, with a reason"), permissions=["stop"])
    def stop_chosen(
        self, request: HttpRequest, queryset: QuerySet[Template]
    ) -> HttpResponse | None:
        return chosen_templates.stop_chosen(self, request, queryset, self.stopping)

    @admin.action(description=gettext_lazy("Start again"), permissions=["stop"])
    def start_chosen(
        self, request: HttpRequest, queryset: QuerySet[Template]
    ) -> HttpResponse | None:
        return chosen_templates.start_chosen(self, request, queryset, self.stopping)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Template]:
        return super().get_queryset(request).select_related("account", "current")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        # One catalog for each account and page, not for each row.
        catalogs: dict[int, Catalog] = {}

        @admin.display(description=gettext_lazy("can be used"))
        def can_be_used(template: Template) -> SafeString:
            if template.account_id not in catalogs:
                catalogs[template.account_id] = Catalog(template.account)
            return usable_mark(template, catalogs[template.account_id])

        words = (in_its_language, "category_in_words", "state", can_be_used, "quality_in_words")
        return ("name", *words)

    @admin.display(description=gettext_lazy("category"))
    def category_in_words(self, template: Template) -> SafeString:
        return category_mark(template)

    @admin.display(description=gettext_lazy("how patients like it"))
    def quality_in_words(self, template: Template) -> SafeString:
        return quality_mark(template.quality)

    @admin.display(description=gettext_lazy("status"))
    def state(self, template: Template) -> str:
        known = template.status in TemplateStatus.values
        words = TemplateStatus(template.status).label if known else template.status
        if template.rejected_reason:
            words = f"{words}: {rejection(template.rejected_reason)}"
        return mark(
            words, _TONES.get(TemplateStatus(template.status), Tone.BAD) if known else Tone.BAD
        )

    def get_urls(self) -> list[URLPattern]:
        fetch = path(
            "fetch/", self.admin_site.admin_view(self.fetch), name="whatsapp_template_fetch"
        )
        return [
            fetch,
            act_path(self, "fill-ins", self.choose_fill_ins),
            act_path(self, "change-words", self.change_words),
            act_path(self, "copy", self.copy),
            act_path(self, "delete-there", self.delete_there),
            act_path(self, "try", self.try_it),
            *stop_and_start(self, self.stopping),
            *super().get_urls(),
        ]

    def fetch(self, request: HttpRequest) -> HttpResponse:
        """Ask WhatsApp anew, in the background."""
        if not request.user.has_perm("whatsapp.change_template"):
            raise PermissionDenied
        if request.method == "POST":
            try:
                app.send_task("whatsapp.sync_templates")
            except OperationalError:
                messages.error(
                    request, _("Could not ask now; templates are fetched by themselves soon.")
                )
            else:
                messages.success(request, _("Templates are being fetched. Look again in a minute."))
        return HttpResponseRedirect(back_to(self, None))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_fetch = request.user.has_perm("whatsapp.change_template")
        return super().changelist_view(request, {"may_fetch": may_fetch, **(extra_context or {})})

    def choose_fill_ins(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = row_or_404(self, request, str(object_id), "whatsapp.change_binding")

        def choose(values: dict[str, Any]) -> str:
            if bind(template, values):
                tell(request, template.account_id, template.name)
            return _("Saved what fills the gaps, for all languages of this template.")

        act = Act(
            title=_("What fills the gaps of %(name)s") % {"name": template.name},
            button=_("Save"),
            explanation=_("It holds for all languages of this template."),
            form=GapsForm,
            form_arguments={"template": template},
            do=choose,
        )
        return act_page(self, request, template, act)

    def change_words(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Open the draft in which it is changed; nothing changes until that is handed in."""
        template = row_or_404(self, request, str(object_id), "whatsapp.change_templatedraft")
        if request.method != "POST":
            return HttpResponseRedirect(back_to(self, template))
        return to_draft(drafting.change(template, now=clock.now()))

    def copy(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = row_or_404(self, request, str(object_id), "whatsapp.add_templatedraft")
        return copy_page(self, request, template)

    def try_it(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = row_or_404(self, request, str(object_id), "whatsapp.change_template")
        return try_page(self, request, template)

    def delete_there(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = row_or_404(self, request, str(object_id), "whatsapp.change_template")
        if not may_hold(self, request, template, self.stopping):
            raise PermissionDenied

        def do(_values: dict[str, Any]) -> str:
            submitting.delete(template, graph(), now=clock.now())
            self.log_change(request, template, _("Deleted at WhatsApp"))
            return _("Deleted 1 template at WhatsApp.")

        uses = uses_of(template)
        warning = _("It is used by: %s.") % ", ".join(uses) if uses else _("Nothing uses it.")
        act = Act(
            title=_("Delete %(name)s at WhatsApp") % {"name": template},
            button=_("Delete at WhatsApp"),
            explanation=f"{warning} {_DELETED_STAYS}",
            do=do,
            is_dangerous=True,
        )
        return act_page(self, request, template, act)

    def story(self, request: HttpRequest, row: Template) -> dict[str, Any]:
        catalog = Catalog(row.account)
        bindings, languages = catalog.bindings_of(row.name), catalog.in_languages(row.name)
        clinics = list(
            clinics_of(request.user).filter(senders__account=row.account_id).order_by("pk")
        )
        clinic = clinics[0] if clinics else composer.clinic_of(request.user, row.account)
        shown = composer.shown_to(clinic, [one.language for one in languages])
        return {
            "title": row.name,
            "template": row,
            "template_state": self.state(row),
            "template_lifts": what_lifts_status(row.status),
            "template_has_ended": row.status in ENDED,
            "template_usable": usable_mark(row, catalog),
            "template_previews": [preview(one, bindings, shown[one.language]) for one in languages],
            "template_gaps": GapsForm(template=row, chosen=bindings).in_words(),
            "template_versions": list(row.versions.order_by("-number")),
            "template_missing": _missing(clinics, languages),
            "template_category": category_mark(row),
            "template_warning": category_warning(row),
            "template_off_the_map": _off_the_map(row),
            "template_quality": quality_mark(row.quality),
            "template_life": composer.life_in_words(row.ttl_seconds) if row.category_asked else "",
            "template_uses": uses_of(row),
            "template_tabs": composer.tabs(
                row.account_id, row.name, row.language, at_whatsapp=languages
            ),
            "template_may_write": request.user.has_perm("whatsapp.change_templatedraft"),
            "template_may_change": request.user.has_perm("whatsapp.change_template"),
            "template_submissions": list(
                row.submissions.select_related("by").order_by("-at")[:SUBMISSIONS]
            ),
            "template_may_bind": request.user.has_perm("whatsapp.change_binding"),
            **holding_context(self, request, row, self.stopping),
        }


def _off_the_map(template: Template) -> str:
    """Return which sites get nothing, where a place stands on top and they have none."""
    sites = places.lacking(template.account) if places.shows_a_place(template) else ()
    return drafting.off_the_map(sites) if sites else ""


def _missing(clinics: Iterable[Clinic], there: Iterable[Template]) -> list[str]:
    """Return the languages the clinics speak and this template does not, in words."""
    spoken = {code for clinic in clinics for code in clinic.languages}
    roots = {one.language.split("_")[0] for one in there}
    return sorted(in_words(code) for code in spoken if code.split("_")[0] not in roots)


def uses_of(template: Template) -> list[str]:
    """Return what the floors above write with a template, in words."""
    answers = template_uses_asked.send(sender=Template, template=template)
    return [str(use) for _receiver, uses in answers for use in uses or ()]
