"""Rates: what WhatsApp takes for a message, typed in or pasted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import budgeting, money, rates
from campaigns.models import Campaign, Rate
from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import Act, ClinicAdmin, OneClinicForm, act_page, clinics_of, fields

_EXAMPLE = gettext_lazy(
    "One a line, as in a spreadsheet: country, MARKETING or UTILITY, price of one message. WhatsApp"
    " publishes them; check that they are in the currency of your account."
)


class RateForm(OneClinicForm[Rate]):
    """A rate in the one currency of the clinic's account."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        clinic = values.get("clinic") or getattr(self.instance, "clinic", None)
        if clinic is not None and (code := values.get("currency")):
            values["currency"] = code.upper()
            for why in _why_not_currency(clinic, code.upper(), besides=self.instance.pk or 0):
                self.add_error("currency", why)
        return values


class PasteForm(forms.Form):
    """Many rates at once, valid from one day on."""

    clinic = fields.row(gettext_lazy("Clinic"), Clinic.objects.none())
    currency = fields.text(
        gettext_lazy("Currency"), help_text=gettext_lazy("Three letters, such as USD."), most=3
    )
    valid_from = fields.day(gettext_lazy("Valid from"))
    lines = fields.long_text(gettext_lazy("Rates"), help_text=_EXAMPLE, required=True)

    def __init__(self, *args: Any, clinics: QuerySet[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["clinic"]
        chosen.queryset = clinics

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_lines(self) -> list[rates.PastedRate]:
        found, wrong = rates.read(self.cleaned_data["lines"])
        if wrong:
            raise ValidationError(wrong)
        if not found:
            raise ValidationError(_("There is no rate in it."))
        return found

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("clinic") and values.get("currency"):
            for why in _why_not_currency(values["clinic"], values["currency"]):
                self.add_error("currency", why)
        return values


@admin.register(Rate)
class RateAdmin(ClinicAdmin[Rate]):
    """What WhatsApp takes for a message."""

    form = RateForm
    list_display = ("country_in_words", "category", "price_in_words", "valid_from")
    list_filter = ("category",)
    ordering = ("country", "category", "-valid_from")
    search_fields = ("country",)
    search_help_text = gettext_lazy("Country")
    fields = ("clinic", ("country", "category"), ("price", "currency"), "valid_from")
    list_before_template = "campaigns/rates_paste.html"

    def find(
        self, request: HttpRequest, rows: QuerySet[Rate], typed: str
    ) -> tuple[QuerySet[Rate], bool]:
        wanted = typed.casefold()
        named = [code for code, name in rates.countries() if wanted in name.casefold()]
        return rows.filter(Q(country__iexact=typed) | Q(country__in=named)), False

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "country":
            return fields.choice(
                _("Country"), [("", _("please choose")), *rates.countries()], required=True
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "currency" and field is not None:
            field.help_text = _("Three letters, such as USD.")
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {"currency": _usual_currency(request), "valid_from": _today(request)} | initial

    def save_model(self, request: HttpRequest, obj: Rate, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        _count_anew(obj.clinic)

    def delete_model(self, request: HttpRequest, obj: Rate) -> None:
        super().delete_model(request, obj)
        _count_anew(obj.clinic)

    @admin.display(description=gettext_lazy("country"))
    def country_in_words(self, rate: Rate) -> str:
        return rates.country_name(rate.country)

    @admin.display(description=gettext_lazy("price of one message"))
    def price_in_words(self, rate: Rate) -> str:
        return money.price_in_words(rate.price, rate.currency)

    def get_urls(self) -> list[URLPattern]:
        paste = self.admin_site.admin_view(self.paste)
        return [path("paste/", paste, name="campaigns_rate_paste"), *super().get_urls()]

    def paste(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        clinics = clinics_of(request.user)

        def do(values: dict[str, Any]) -> str:
            count = rates.keep(
                values["clinic"],
                values["lines"],
                currency=values["currency"],
                valid_from=values["valid_from"],
            )
            _count_anew(values["clinic"])
            return ngettext("Kept %d rate.", "Kept %d rates.", count) % count

        act = Act(
            title=_("Paste rates"),
            button=_("Keep"),
            form=PasteForm,
            form_arguments={"clinics": clinics.order_by("pk")},
            initial={
                "clinic": clinics.order_by("pk").values_list("pk", flat=True).first(),
                "currency": _usual_currency(request),
                "valid_from": _today(request),
            },
            explanation=_("What stands for the same country, category and day is replaced."),
            do=do,
        )
        return act_page(self, request, None, act)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"may_paste": self.has_add_permission(request)}
        return super().changelist_view(request, shown | (extra_context or {}))


def _why_not_currency(clinic: Clinic, code: str, *, besides: int = 0) -> list[str]:
    if not money.is_currency(code):
        return [_("This is not a currency.")]
    others = Rate.objects.filter(clinic=clinic).exclude(pk=besides).exclude(currency=code)
    other = others.values_list("currency", flat=True).first()
    if other is None:
        return []
    return [_("An account is billed in one currency, and the other rates are in %s.") % other]


def _count_anew(clinic: Clinic) -> None:
    budgeting.forget(Campaign.objects.filter(clinic=clinic, budget__isnull=False))


def _usual_currency(request: HttpRequest) -> str:
    clinic = clinics_of(request.user).order_by("pk").first()
    return rates.currency_of(clinic) if clinic else ""


def _today(request: HttpRequest) -> Any:
    clinic = clinics_of(request.user).order_by("pk").first()
    return clock.now().astimezone(clinic.zone).date() if clinic else None
