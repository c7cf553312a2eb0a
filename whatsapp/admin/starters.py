"""The starter library: read it, and take what fits into one's own drafts."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic import languages
from healthmsg.cockpit import owned
from whatsapp import drafting, samples, starting_set
from whatsapp.admin import composer
from whatsapp.models import Account, TemplateDraft


def starters(request: HttpRequest) -> HttpResponse:
    """Show the library in one language; taking one makes a draft of it."""
    if not request.user.has_perm("whatsapp.add_templatedraft"):
        raise PermissionDenied
    language = request.GET.get("language", "")
    language = language if language in starting_set.LANGUAGES else _own(request)
    account = owned(Account.objects.order_by("pk"), request.user).first()
    if request.method == "POST" and account is not None:
        return _take(request, account, language)
    return TemplateResponse(
        request,
        "whatsapp/starters.html",
        {
            **site.each_context(request),
            "title": _("Library of templates"),
            "opts": TemplateDraft._meta,
            "language": language,
            "is_checked": language in starting_set.CHECKED,
            "languages": [(code, languages.in_words(code)) for code in starting_set.LANGUAGES],
            "starters": _shown(request, account, language) if account else [],
        },
    )


def _own(request: HttpRequest) -> str:
    spoken = getattr(request, "LANGUAGE_CODE", "en").split("-")[0]
    known = [code for code in starting_set.LANGUAGES if code.split("_")[0] == spoken]
    return known[0] if known else "en"


def _shown(request: HttpRequest, account: Account, language: str) -> list[dict[str, Any]]:
    clinic = composer.clinic_of(request.user, account)
    if clinic is None:
        return []
    shown = samples.samples(clinic, language, now=clock.now())
    there = drafting.names_in(account, language)
    return [
        {
            "name": one.name,
            "label": one.label,
            "category": one.category,
            "is_there": one.name in there,
            "bubble": composer.bubble(drafting.with_examples(one, language, shown), shown),
        }
        for one in starting_set.STARTERS
    ]


def _take(request: HttpRequest, account: Account, language: str) -> HttpResponse:
    chosen = [one for one in starting_set.STARTERS if one.name == request.POST.get("name")]
    try:
        draft = drafting.take(account, chosen[0], language, now=clock.now()) if chosen else None
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        draft = None
    if draft is None:
        return HttpResponseRedirect(f"{reverse('admin:whatsapp_starters')}?language={language}")
    messages.success(request, _("Begun. Read it, change it as you like, and hand it in."))
    return HttpResponseRedirect(reverse("admin:whatsapp_templatedraft_change", args=[draft.pk]))
