"""Templates are written: the composer, with the message beside it as a patient would see it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    Tone,
    act_page,
    act_path,
    fields,
    mark,
    owned,
    row_or_404,
)
from whatsapp import drafting, samples, submitting
from whatsapp.admin import composer, starters
from whatsapp.admin.choices import LanguageFilter, in_its_language
from whatsapp.admin.draft_forms import (
    ButtonInline,
    DraftForm,
    buttons_in,
    languages_to_choose,
)
from whatsapp.admin.way import graph
from whatsapp.models import Account, DraftButton, TemplateDraft
from whatsapp.submitting import Handing


@admin.register(TemplateDraft)
class TemplateDraftAdmin(ClinicAdmin[TemplateDraft]):
    """Templates that WhatsApp does not have yet, and changes to those it has."""

    form = DraftForm
    inlines = (ButtonInline,)
    list_display = ("name", in_its_language, "category", "ready", "changed_at")
    list_filter = (("language", LanguageFilter),)
    search_fields = ("name",)
    ordering = ("name", "language")
    list_before_template = "whatsapp/drafts_begin.html"
    fieldsets = (
        (None, {"fields": ("account", "name", "language", "category", "ttl_seconds")}),
        (
            gettext_lazy("Words"),
            {
                "fields": (
                    "header_format",
                    "header_text",
                    "file",
                    "uses_preparation",
                    "body",
                    "footer",
                    "native_check_needed",
                )
            },
        ),
    )
    change_form_outer_before_template = "whatsapp/composer.html"

    class Media:
        js = ("cockpit/composer.js",)

    @admin.display(description=gettext_lazy("state"))
    def ready(self, draft: TemplateDraft) -> SafeString:
        if draft.native_check_needed:
            return mark(_("native check needed"), Tone.ASKS)
        if draft.refusal:
            return mark(_("not taken by WhatsApp"), Tone.BAD)
        return mark(_("draft"), Tone.QUIET)

    def get_fieldsets(self, request: HttpRequest, obj: TemplateDraft | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        (_title, first), *others = self.fieldsets
        names = [in_its_language if name == "language" else name for name in first["fields"]]
        return [(None, {"fields": names}), *others]

    def get_readonly_fields(
        self, request: HttpRequest, obj: TemplateDraft | None = None
    ) -> tuple[Any, ...]:
        # The language itself as well: the form declares it, and would else ask for it unseen.
        fixed = ("account", "name", "language", in_its_language) if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TemplateDraft]:
        return super().get_queryset(request).select_related("account")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        mine = owned(Account.objects.order_by("pk"), request.user)
        return {"account": mine.values_list("pk", flat=True).first()} | initial

    def save_model(self, request: HttpRequest, obj: TemplateDraft, form: Any, change: Any) -> None:
        obj.changed_at = clock.now()
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        name = "whatsapp_templatedraft_look"
        return [
            path("look/", self.admin_site.admin_view(self.look), name=name),
            path(
                "library/",
                self.admin_site.admin_view(starters.starters),
                name="whatsapp_starters",
            ),
            act_path(self, "submit", self.submit),
            act_path(self, "copy", self.copy),
            *super().get_urls(),
        ]

    def look(self, request: HttpRequest) -> HttpResponse:
        """Answer what stands in the form, saved or not; a part of a page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._row(request)
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        form.full_clean()
        draft: TemplateDraft = form.instance
        if row is None:
            # A name that is wrong or taken must not hide how the rest looks.
            draft.name, draft.language = (request.POST.get(key, "") for key in ("name", "language"))
        buttons = buttons_in(request)
        return TemplateResponse(
            request, "whatsapp/composer_look.html", self._looked_at(request, draft, buttons)
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        address = reverse("admin:whatsapp_templatedraft_look")
        shown: dict[str, Any] = {
            "look_address": f"{address}?row={object_id}" if object_id else address
        }
        draft = self.get_object(request, object_id) if object_id else None
        if draft is not None:
            buttons = list(draft.buttons.order_by("pk"))
            shown |= self._looked_at(request, draft, buttons)
            shown |= {
                "draft": draft,
                "tabs": composer.tabs(draft.account_id, draft.name, draft.language),
                "may_submit": request.user.has_perm("whatsapp.change_template"),
                "title": draft.name,
                "subtitle": None,
            }
        else:
            shown |= self._looked_at(request, TemplateDraft(**self._begun(request)), [])
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    def submit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        draft = row_or_404(self, request, str(object_id), "whatsapp.change_template")
        clinic = composer.clinic_of(request.user, draft.account)
        if clinic is None:
            raise PermissionDenied
        now = clock.now()
        shown = samples.samples(clinic, draft.language, now=now)

        def do(_values: dict[str, Any]) -> str:
            by = request.user if isinstance(request.user, StaffUser) else None
            handing = Handing(graph(), by, now, shown, settings.WHATSAPP_APP_ID)
            template = submitting.submit(draft, handing)
            if template.category != template.category_asked:
                return _("Handed in. WhatsApp made it %(category)s, which was not asked for.") % {
                    "category": template.category.lower()
                }
            return _("Handed in. WhatsApp looks at it, mostly within a day.")

        buttons = list(draft.buttons.order_by("pk"))
        words = drafting.words_of(draft, buttons, shown)
        there = submitting.existing(draft)
        act = Act(
            title=_("Hand in %(name)s") % {"name": draft},
            button=_("Hand in to WhatsApp"),
            explanation=_(
                "WhatsApp reviews it, mostly within a day, and may choose another category."
            ),
            do=do,
            template="whatsapp/draft_submit.html",
            context={
                "draft": draft,
                "life": composer.life_in_words(draft.ttl_seconds),
                "bubble": composer.bubble(words, shown),
                "problems": submitting.why_not(draft, words, buttons, there, now=now),
                "there": there,
            },
            done=reverse("admin:whatsapp_template_changelist"),
        )
        return act_page(self, request, draft, act)

    def copy(self, request: HttpRequest, object_id: int) -> HttpResponse:
        draft = row_or_404(self, request, str(object_id), "whatsapp.add_templatedraft")
        return copy_page(self, request, draft)

    def _row(self, request: HttpRequest) -> TemplateDraft | None:
        key = request.GET.get("row", "")
        return self.get_object(request, key) if key else None

    def _begun(self, request: HttpRequest) -> dict[str, Any]:
        known = self.get_changeform_initial_data(request)
        return {"account_id": known.get("account"), "language": "en", "category": "UTILITY"}

    def _looked_at(
        self, request: HttpRequest, draft: TemplateDraft, buttons: list[DraftButton]
    ) -> dict[str, Any]:
        # A draft they could open is of an account of theirs, for good; what a form says may not be.
        mine = owned(Account.objects.all(), request.user)
        account = draft.account if draft.pk else mine.filter(pk=draft.account_id).first()
        clinic = composer.clinic_of(request.user, account) if account else None
        if clinic is None:
            return {"bubble": None}
        now = clock.now()
        shown = samples.samples(clinic, draft.language or "en", now=now)
        return {
            **composer.looked_at(draft, buttons, shown),
            "gap_choices": composer.gap_choices(shown),
            "page_address": drafting.page_address(),
        }


def copy_page(page: Any, request: HttpRequest, source: Any) -> HttpResponse:
    """Ask in which language, and go to the draft that was begun in it."""
    made: list[TemplateDraft] = []
    taken = {tab.language for tab in composer.tabs(source.account_id, source.name, "")}

    class LanguageForm(forms.Form):
        language = fields.choice(
            _("Language"), [one for one in languages_to_choose() if one[0] not in taken]
        )

    def do(values: dict[str, Any]) -> str:
        made.append(drafting.copy(source, values["language"], now=clock.now()))
        return _("Begun. Translate it, and let somebody who speaks the language read it.")

    act = Act(
        title=_("Copy %(name)s to another language") % {"name": source.name},
        button=_("Begin"),
        explanation=_("The words stay as they are until you translate them; gaps stay the same."),
        form=LanguageForm,
        do=do,
    )
    answer = act_page(page, request, source, act)
    return to_draft(made[0]) if made else answer


def to_draft(draft: TemplateDraft) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:whatsapp_templatedraft_change", args=[draft.pk]))
