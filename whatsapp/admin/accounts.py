"""Accounts and portfolios at Meta: what is stopped, closed or limited, and how it opens again."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import Act, act_page, back_to, row_or_404
from whatsapp import holds
from whatsapp.admin.holding import (
    More,
    StoppableAdmin,
    Stopping,
    change_permission,
    held_mark,
    may_hold,
)
from whatsapp.admin.standing import Closed, closed_of, warning_of
from whatsapp.models import Account, Portfolio


@admin.register(Account)
class AccountAdmin(StoppableAdmin[Account]):
    """WhatsApp accounts: templates belong to them."""

    list_empty = gettext_lazy("WhatsApp accounts stand here once the setup guide was followed.")
    list_display = ("__str__", "waba_id", "portfolio", "templates_synced_at", "state")
    list_select_related = ("portfolio",)
    ordering = ("pk",)
    fields = ("portfolio", "waba_id", "name")
    stopping = Stopping(
        is_stopped=gettext_lazy("This account is stopped"),
        stop=gettext_lazy("Stop this account"),
        consequence=gettext_lazy(
            "Nothing more leaves from any number of this account; messages wait, and each is given"
            " up when its useful time has passed."
        ),
        stopped=gettext_lazy("Stopped 1 account. Everything waits until it is started again."),
        started=gettext_lazy("Started 1 account. What waits goes out."),
        reaches=lambda account: Clinic.objects.filter(senders__account=account),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Account | None = None
    ) -> tuple[Any, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        # Another id would leave its templates behind: for whoever sets the house up.
        return fields if self.has_add_permission(request) else (*fields, "portfolio", "waba_id")

    @admin.display(description=gettext_lazy("state"))
    def state(self, account: Account) -> str:
        return held_mark(account)

    def get_urls(self) -> list[URLPattern]:
        return [
            self._address("open-kind", self.open_kind),
            self._address("open-country", self.open_country),
            *super().get_urls(),
        ]

    def _address(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(
            f"<int:object_id>/{name}/<int:key>/",
            self.admin_site.admin_view(view),
            name=f"whatsapp_account_{name.replace('-', '_')}",
        )

    def open_kind(self, request: HttpRequest, object_id: int, key: int) -> HttpResponse:
        account = self._account(request, object_id)
        row = account.restrictions.filter(pk=key).first()
        closed = Closed.kind(row) if row else None
        return self._open(request, account, closed, lambda: holds.open_kind(key))

    def open_country(self, request: HttpRequest, object_id: int, key: int) -> HttpResponse:
        account = self._account(request, object_id)
        row = account.closed_countries.filter(pk=key).first()
        closed = Closed.country(row) if row else None
        return self._open(request, account, closed, lambda: holds.open_country(key))

    def _account(self, request: HttpRequest, key: int) -> Account:
        account: Account = row_or_404(self, request, str(key), change_permission(self))
        if not may_hold(self, request, account, self.stopping):
            raise PermissionDenied
        return account

    def _open(
        self,
        request: HttpRequest,
        account: Account,
        closed: Closed | None,
        again: Callable[[], bool],
    ) -> HttpResponse:
        if closed is None or closed.is_decided_elsewhere:
            messages.info(request, _("It is open, or somebody has yet to decide. Nothing changed."))
            return HttpResponseRedirect(back_to(self, account))

        def do(_values: dict[str, Any]) -> str:
            if not again():
                return _("It was open already.")
            self.log_change(request, account, _("Opened again: %(what)s") % {"what": closed.what})
            return _("Opened again: %(what)s. What waits goes out.") % {"what": closed.what}

        act = Act(
            title=_("Open again: %(what)s") % {"what": closed.what},
            button=_("Open again"),
            explanation=" ".join(closed.words),
            do=do,
        )
        return act_page(self, request, account, act)

    def more(self, request: HttpRequest, row: Account) -> tuple[More, ...]:
        may_open = may_hold(self, request, row, self.stopping)
        return (*warning_of(row), *closed_of(request, row, may_open=may_open))


@admin.register(Portfolio)
class PortfolioAdmin(StoppableAdmin[Portfolio]):
    """Business portfolios: how many people a day may be written to first."""

    list_empty = gettext_lazy("Business portfolios stand here once the setup guide was followed.")
    list_display = ("name", "daily_limit", "state")
    ordering = ("pk",)
    fields = ("name", "daily_limit")
    stopping = Stopping(
        is_stopped=gettext_lazy("This portfolio is stopped"),
        stop=gettext_lazy("Stop this portfolio"),
        consequence=gettext_lazy(
            "Nothing more leaves from any number of this portfolio; messages wait, and each is"
            " given up when its useful time has passed."
        ),
        stopped=gettext_lazy("Stopped 1 portfolio. Everything waits until it is started again."),
        started=gettext_lazy("Started 1 portfolio. What waits goes out."),
        reaches=lambda portfolio: Clinic.objects.filter(senders__account__portfolio=portfolio),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Portfolio | None = None
    ) -> tuple[Any, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        # WhatsApp tells the limit; who sets the house up may correct it.
        return fields if self.has_add_permission(request) else (*fields, "daily_limit")

    @admin.display(description=gettext_lazy("state"))
    def state(self, portfolio: Portfolio) -> str:
        return held_mark(portfolio)
