"""Automatic texts: all of them by language, and a page to change one that shows how it reads."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanWidget

from healthmsg import clock
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.cockpit import StoryAdmin, Tone, clinics_of, fields, mark
from whatsapp import phrases, wording_changes
from whatsapp.admin.words_of_keys import SAID_WHEN
from whatsapp.models import ClinicWords
from whatsapp.phrases import uses
from whatsapp.wording_changes import Fault

_VERSIONS = 10


class WordsForm(forms.Form):
    """One text in one language."""

    text = fields.long_text(
        gettext_lazy("Your words"), help_text=gettext_lazy("Empty: the words that come with it.")
    )
    is_checked = forms.BooleanField(
        label=gettext_lazy("Somebody whose first language it is has read it"),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, clinic: Clinic, language: str, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._about = clinic, language, key

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        clinic, language, key = self._about
        if text:
            found = wording_changes.fault(key, text, clinic=clinic, language=language)
            if found is not None:
                raise ValidationError(fault_in_words(found))
        return text


@admin.register(ClinicWords)
class ClinicWordsAdmin(StoryAdmin[ClinicWords]):
    """Every text in every language of the clinic; versions are kept and never edited."""

    change_form_outer_before_template = "whatsapp/words_story.html"

    def get_urls(self) -> list[URLPattern]:
        edit = path(
            "<int:clinic_id>/<slug:language>/<slug:key>/edit/",
            self.admin_site.admin_view(self.edit),
            name="whatsapp_clinicwords_edit",
        )
        return [edit, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        clinics = clinics_of(request.user).order_by("pk")
        clinic = _chosen(clinics, request.GET.get("clinic"))
        languages = roots_of(clinic) if clinic else []
        language = request.GET.get("language", "")
        language = language if language in languages else next(iter(languages), "")
        lines = _lines(clinic, language) if clinic else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Automatic texts"),
            "opts": self.opts,
            "words_clinics": clinics if clinics.count() > 1 else (),
            "words_clinic": clinic,
            "words_language": language,
            "words_languages": [(code, _name(code)) for code in languages],
            "words": lines,
            "words_unread": sum(line["checked"] is None for line in lines),
            "words_may_change": request.user.has_perm("whatsapp.add_clinicwords"),
        }
        return TemplateResponse(request, "whatsapp/words.html", context)

    def edit(self, request: HttpRequest, clinic_id: int, language: str, key: str) -> HttpResponse:
        clinic = clinics_of(request.user).filter(pk=clinic_id).first()
        if not request.user.has_perm("whatsapp.add_clinicwords"):
            raise PermissionDenied
        if clinic is None or language not in roots_of(clinic) or key not in SAID_WHEN:
            raise Http404
        last = wording_changes.current(clinic, language).get(key)
        form = WordsForm(
            request.POST if request.method == "POST" else None,
            initial={
                "text": last.text if last else "",
                "is_checked": bool(last and last.is_checked),
            },
            clinic=clinic,
            language=language,
            key=key,
        )
        back = _list(clinic, language)
        is_sent = request.method == "POST" and form.is_valid()
        if is_sent and "look" not in request.POST:
            _save(request, form, clinic, language, key)
            return HttpResponseRedirect(back)
        typed = form.cleaned_data["text"] if is_sent else (last.text if last else "")
        shipped = phrases.BOOKS.get(language, {}).get(key, "")
        shown = typed or shipped or phrases.BOOKS["en"][key]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": SAID_WHEN[key],
            "form": form,
            "back": back,
            "act": {"button": _("Say it so"), "explanation": "", "is_dangerous": False},
            "words_language": _name(language),
            "words_shipped": shipped,
            "words_preview": wording_changes.preview(key, shown, clinic=clinic, language=language),
            "words_limit": uses.limit(key),
            "words_gaps": ", ".join(f"{{{gap}}}" for gap in sorted(uses.gaps_of(key))),
            "words_needed": ", ".join(f"{{{gap}}}" for gap in sorted(uses.must_have(key))),
            "words_versions": ClinicWords.objects.filter(clinic=clinic, language=language, key=key)
            .select_related("changed_by")
            .order_by("-number")[:_VERSIONS],
        }
        return TemplateResponse(request, "whatsapp/words_edit.html", context)

    def story(self, request: HttpRequest, row: ClinicWords) -> dict[str, Any]:
        return {"version": row, "version_when": SAID_WHEN.get(row.key, row.key)}


def roots_of(clinic: Clinic) -> list[str]:
    """Return the clinic's languages, each once, whatever its region."""
    return list(dict.fromkeys(phrases.root_of(code) for code in clinic.languages))


def fault_in_words(fault: Fault) -> str:
    names = ", ".join(f"{{{name}}}" for name in fault.names)
    if fault.why == "BRACES":
        return _("A curly bracket is left over: gaps are written like {clinic_name}.")
    if fault.why == "UNKNOWN":
        return _("Nothing fills in %(names)s here.") % {"names": names}
    if fault.why == "MISSING":
        return _("%(names)s must be in it.") % {"names": names}
    return _("With long names it has %(length)d letters; WhatsApp allows %(limit)d.") % {
        "length": fault.length,
        "limit": fault.limit,
    }


def _save(request: HttpRequest, form: WordsForm, clinic: Clinic, language: str, key: str) -> None:
    version = wording_changes.change(
        clinic,
        language,
        key,
        text=form.cleaned_data["text"],
        is_checked=form.cleaned_data["is_checked"],
        by=request.user if isinstance(request.user, StaffUser) else None,
        now=clock.now(),
    )
    words = _("From now on it is said so.") if version else _("Nothing had to be changed.")
    messages.success(request, words)


def _chosen(clinics: QuerySet[Clinic], typed: str | None) -> Clinic | None:
    wanted = clinics.filter(pk=int(typed)) if typed and typed.isdecimal() else clinics
    return wanted.first()


def _lines(clinic: Clinic, language: str) -> list[dict[str, Any]]:
    own = wording_changes.current(clinic, language)
    book = phrases.BOOKS.get(language, {})
    return [
        {
            "key": key,
            "when": when,
            "text": (own[key].text if key in own else "") or book.get(key, ""),
            # Who has said so, and when: whoever changes a text says so anew.
            "checked": own[key] if key in own and own[key].is_checked else None,
            "mark": _mark(own.get(key), is_shipped=key in book),
            "edit": reverse("admin:whatsapp_clinicwords_edit", args=[clinic.pk, language, key]),
        }
        for key, when in SAID_WHEN.items()
    ]


def _mark(own: ClinicWords | None, *, is_shipped: bool) -> SafeString:
    if own is not None and own.is_checked:
        return mark(_("read by a native speaker"), Tone.GOOD)
    if not is_shipped and not (own and own.text):
        return mark(_("no words yet: said in another language"), Tone.BAD)
    return mark(_("native check needed"), Tone.ASKS)


def _list(clinic: Clinic, language: str) -> str:
    address = reverse("admin:whatsapp_clinicwords_changelist")
    return f"{address}?clinic={clinic.pk}&language={language}"


def _name(code: str) -> str:
    known = (LANGUAGES[one] for one in LANGUAGES if phrases.root_of(one) == code)
    return str(LANGUAGES.get(code) or next(known, code))
