"""The people and web addresses that are told of alarms."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from healthmsg.clinic.strongbox import WrongKeys
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    OneClinicForm,
    Tone,
    act_page,
    act_path,
    fields,
    mark,
    row_or_404,
)
from healthmsg.desk.alarms import mail, post, rooms, shown
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.models import Watcher


class WatcherForm(OneClinicForm[Watcher]):
    """A secret once entered is not shown again; left empty, it stays."""

    address = forms.URLField(
        label=gettext_lazy("Web address"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=gettext_lazy("Gets JSON with “text” by POST, as chat rooms read it."),
        widget=forms.URLInput({"class": " ".join(INPUT_CLASSES)}),
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret for the web address"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "Sent in the header Authorization. Not shown again; left empty, it stays as it is."
        ),
        widget=forms.PasswordInput(
            {"class": " ".join(INPUT_CLASSES), "autocomplete": "new-password"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["address"], self._secret = _room(self.instance)

    def clean_address(self) -> str:
        # The one before goes, typed again or not: whether somebody can be told is asked without it.
        self.instance.sealed_room = None
        address = str(self.cleaned_data["address"])
        if post.is_inside(address):
            raise ValidationError(_("No alarm is posted into the server's own network."))
        return address

    def clean_secret(self) -> str:
        return self.cleaned_data["secret"] or self._secret


def _room(watcher: Watcher) -> tuple[str, str]:
    try:
        return watcher.room()
    except WrongKeys:
        # What cannot be opened any more is typed anew.
        return "", ""


@admin.register(Watcher)
class WatcherAdmin(ClinicAdmin[Watcher]):
    """Who is told, of what, when and how."""

    list_title = gettext_lazy("Who is told of alarms")
    form = WatcherForm
    list_display = ("name", "how", "of_what", "is_active", "morning_at")
    list_select_related = ("clinic", "user")
    ordering = ("name", "pk")
    list_before_template = "alarms/list_top.html"
    change_form_outer_before_template = "alarms/watcher_acts.html"
    fieldsets = (
        (None, {"fields": ("clinic", "name", "language", "is_active")}),
        (gettext_lazy("How"), {"fields": ("user", "email", "address", "secret")}),
        (gettext_lazy("Of what"), {"fields": ("only_severe", "kinds")}),
        (
            gettext_lazy("When"),
            {"fields": (("day_begins", "day_ends"), "sleeps_at_night", "morning_at")},
        ),
    )

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "language":
            # Those that there are words of; before, a watcher could have one without.
            return fields.choice(db_field.verbose_name, settings.LANGUAGES)
        if db_field.name == "kinds":
            return fields.several(
                gettext_lazy("Only of these"),
                Kind.choices,
                required=False,
                help_text=gettext_lazy("None chosen: all."),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Watcher, form: WatcherForm, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        # Only now the row has its key, which they are bound to.
        rooms.keep(obj, address=form.cleaned_data["address"], secret=form.cleaned_data["secret"])

    @admin.display(description=gettext_lazy("how"))
    def how(self, watcher: Watcher) -> SafeString:
        ways = [_("mail")] if watcher.mail_address else []
        ways += [_("web address")] if watcher.has_room else []
        if not ways:
            return mark(_("no address"), Tone.BAD)
        return mark(", ".join(ways), Tone.GOOD)

    @admin.display(description=gettext_lazy("of what"))
    def of_what(self, watcher: Watcher) -> str:
        what = _("only what is severe") if watcher.only_severe else _("everything")
        chosen = len(watcher.kinds)
        return (
            _("%(what)s, of %(count)d kinds") % {"what": what, "count": chosen} if chosen else what
        )

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "try", self.try_out), *super().get_urls()]

    def try_out(self, request: HttpRequest, object_id: int) -> HttpResponse:
        watcher = row_or_404(self, request, str(object_id), "desk.change_watcher")

        def do(_values: dict[str, Any]) -> str:
            _try(watcher)
            return _("Sent. Ask %(name)s whether it arrived.") % {"name": watcher.name}

        act = Act(
            title=_("Send %(name)s a message to try out") % {"name": watcher.name},
            button=_("Send it now"),
            explanation=_("It says that it is only a test, and names nothing that is wrong."),
            do=do,
        )
        return act_page(self, request, watcher, act)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        top = {"missing": shown.what_is_missing(request)}
        return super().changelist_view(request, top | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        watcher = self.get_object(request, object_id)
        added = {
            "title": str(watcher) if watcher else "",
            "subtitle": None,
            "watcher": watcher,
            "watcher_may_try": request.user.has_perm("desk.change_watcher"),
        }
        return super().change_view(request, object_id, form_url, added | (extra_context or {}))


def _try(watcher: Watcher) -> None:
    with mail.spoken_to(watcher):
        subject = _("This is only a test")
        text = _("Alarms of %(clinic)s will come this way.") % {"clinic": watcher.clinic.name}
    try:
        if watcher.mail_address:
            mail.send(watcher.mail_address, subject, text)
        if watcher.has_room:
            said: dict[str, object] = {"text": f"{subject}. {text}", "event": "test"}
            post.to_room(watcher, said)
    except (mail.CannotTell, post.NotPosted) as error:
        raise ValidationError(_("It could not be sent: %(why)s.") % {"why": error}) from error
