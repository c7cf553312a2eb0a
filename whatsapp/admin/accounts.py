"""Accounts and portfolios at Meta, for those who set the house up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from healthmsg.cockpit import ClinicAdmin
from whatsapp.admin.holding import held_mark
from whatsapp.models import Account, Portfolio


@admin.register(Account)
class AccountAdmin(ClinicAdmin[Account]):
    """WhatsApp accounts: templates belong to them."""

    list_display = ("__str__", "waba_id", "portfolio", "templates_synced_at", "state")
    list_select_related = ("portfolio",)
    ordering = ("pk",)
    fields = ("portfolio", "waba_id", "name")

    @admin.display(description=_("state"))
    def state(self, account: Account) -> str:
        return held_mark(account)


@admin.register(Portfolio)
class PortfolioAdmin(ClinicAdmin[Portfolio]):
    """Business portfolios: how many people a day may be written to first."""

    list_display = ("name", "daily_limit", "state")
    ordering = ("pk",)
    fields = ("name", "daily_limit")

    @admin.display(description=_("state"))
    def state(self, portfolio: Portfolio) -> str:
        return held_mark(portfolio)
