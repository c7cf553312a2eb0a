"""What a campaign's form lets choose by name: read together, once for each page."""

from collections import defaultdict
from typing import Any

from django import forms
from django.db.models import Model, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.models import LEAVE_OUT, Audience
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.clinic.models import Site, Vaccine, VisitKind
from healthmsg.cockpit import fields as cockpit_fields
from whatsapp.models import Sender, Template, TemplateStatus

Choices = dict[str, list[tuple[int, str]]]

# By the name of the field; each row is shown by its own name.
_BY_NAME: dict[str, type[Model]] = {
    "audience": Audience,
    "site": Site,
    "vaccine": Vaccine,
    "visit_kind": VisitKind,
}


def offer(request: HttpRequest, fields: dict[str, forms.Field], *, clinic_id: int) -> None:
    """
    Let these fields of a form show the clinic's rows; what is sent is looked up by each itself.

    A field that is not told so asks once for each form that it stands in.
    """
    for name in fields.keys() & {*_BY_NAME, "sender"}:
        field: Any = fields[name]
        none = [] if field.empty_label is None else [("", field.empty_label)]
        field.choices = [*none, *_of_clinic(request, clinic_id)[name]]


def templates(request: HttpRequest, *, clinic_id: int) -> list[str]:
    """Return the names of the templates that the clinic's numbers may send."""
    return sorted({name for _pk, name in _of_clinic(request, clinic_id)["template"]})


def spare_language() -> forms.ChoiceField:
    """Return what happens to patients in whose language there is no approved text."""
    return cockpit_fields.choice(
        _("Where it lacks a language"),
        [
            ("", _("not chosen yet")),
            (LEAVE_OUT, _("leave these patients out")),
            *((code, _("send it in: %s") % words) for code, words in LANGUAGES.items()),
        ],
        required=False,
    )


def _of_clinic(request: HttpRequest, clinic_id: int) -> Choices:
    known: Choices | None = getattr(request, "_campaign_choices", None)
    if known is None:
        known = _read(clinic_id)
        request._campaign_choices = known  # type: ignore[attr-defined]
    return known


def _read(clinic_id: int) -> Choices:
    first, *others = (
        rows._default_manager.filter(clinic=clinic_id)
        .order_by()
        .values_list(Value(name), "pk", "name")
        for name, rows in _BY_NAME.items()
    )
    numbers = Sender.objects.filter(clinic=clinic_id).order_by()
    # As they call themselves.
    called = Coalesce(NullIf("display_number", Value("")), "phone_number_id")
    approved = Template.objects.filter(
        status=TemplateStatus.APPROVED, account__in=numbers.values("account")
    ).order_by()
    others += [
        numbers.values_list(Value("sender"), "pk", called),
        approved.values_list(Value("template"), "pk", "name"),
    ]
    found: Choices = defaultdict(list)
    for field, pk, name in sorted(first.union(*others, all=True), key=lambda row: row[2]):
        found[field].append((pk, name))
    return found
