"""A campaign's own form: a budget is in the currency of the clinic's rates."""

from typing import Any

from django.utils.translation import gettext as _

from campaigns import money, rates
from campaigns.models import Campaign, RatePer
from healthmsg.cockpit import OneClinicForm


class CampaignForm(OneClinicForm[Campaign]):
    """Takes the currency of the clinic's rates where none was typed."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        values["own_rate_per"] = values.get("own_rate_per") or RatePer.MINUTE
        code = str(values.get("budget_currency") or "").upper()
        if values.get("budget") is None:
            values["budget_currency"] = ""
            return values
        clinic = values.get("clinic") or getattr(self.instance, "clinic", None)
        code = code or (rates.currency_of(clinic) if clinic else "")
        if not money.is_currency(code):
            self.add_error("budget_currency", _("Three letters, such as USD."))
        values["budget_currency"] = code
        return values
