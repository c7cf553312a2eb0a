"""Acts: a page that first says what will happen, then does one thing and says what it did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import IntegerField, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Act:
    """One thing a person may do, and the page that asks for what it needs."""

    title: "_StrOrPromise"
    button: "_StrOrPromise"
    # Called with the form's cleaned values; returns the sentence to show afterwards.
    do: Callable[[dict[str, Any]], "_StrOrPromise"]
    form: type[forms.Form] = forms.Form
    initial: dict[str, Any] = field(default_factory=dict)
    form_arguments: dict[str, Any] = field(default_factory=dict)
    explanation: "_StrOrPromise" = ""
    is_dangerous: bool = False
    template: str = "cockpit/act.html"
    context: dict[str, Any] = field(default_factory=dict)
    back: str = ""
    done: str = ""


def act_page(
    page: ModelAdmin[Any],
    request: HttpRequest,
    row: Model | None,
    act: Act,
    *,
    is_sent: bool | None = None,
) -> HttpResponse:
    """
    Show what an act asks for; when it is sent, do it and go back to the row.

    :param is_sent: for pages that a list's choice posts to first; else what is posted is sent
    """
    is_sent = request.method == "POST" if is_sent is None else is_sent
    form = act.form(
        request.POST if is_sent else None,
        initial=act.initial,
        **act.form_arguments,
    )
    if is_sent and form.is_valid():
        try:
            messages.success(request, str(act.do(form.cleaned_data)))
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return HttpResponseRedirect(act.done or act.back or back_to(page, row))
    return TemplateResponse(
        request,
        act.template,
        {
            **page.admin_site.each_context(request),
            "opts": page.model._meta,
            "title": act.title,
            "act": act,
            "form": form,
            "row": row,
            "back": act.back or back_to(page, row),
            **act.context,
        },
    )


def back_to(page: ModelAdmin[Any], row: Model | None) -> str:
    """Return the address of a row's page, or of the list where there is none."""
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    if row is None:
        return reverse(f"{name}_changelist")
    return reverse(getattr(page, "row_page", "") or f"{name}_change", args=[row.pk])


def row_or_404(page: ModelAdmin[Any], request: HttpRequest, key: str, permission: str) -> Any:
    """
    Return the row if it belongs to the person's clinics.

    :raises PermissionDenied: the person lacks the permission, such as "clinic.change_patient"
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    row = page.get_object(request, key)
    if row is None:
        raise Http404
    return row


def act_path(page: ModelAdmin[Any], name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
    """Return the address `<row>/<name>/` of an act on one row, for `get_urls`."""
    opts = page.opts
    kind = "int" if isinstance(opts.pk, IntegerField) else "slug"
    return path(
        f"<{kind}:object_id>/{name}/",
        page.admin_site.admin_view(view),
        name=f"{opts.app_label}_{opts.model_name}_{name.replace('-', '_')}",
    )
