"""The page on which a person says that no other machine sends the same."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanWidget

from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import fields, works_for_all
from healthmsg.desk.backups import standstills, words
from healthmsg.desk.backups.models import Cause, Standstill


class Other(TextChoices):
    OFF = "OFF", gettext_lazy("The other machine is off, and nobody will start it again.")
    TOGETHER = (
        "TOGETHER",
        gettext_lazy("This is a further machine, which shares the database with those known."),
    )


class OtherMachineForm(forms.Form):
    """What became of the machine that may have sent the same."""

    other = fields.choice(
        gettext_lazy("The other machine"), [("", gettext_lazy("Choose")), *Other.choices]
    )
    off_at = fields.MomentField(
        label=gettext_lazy("It has sent nothing since"),
        required=False,
        help_text=gettext_lazy("What was due before stays under “To call”. Empty: until now."),
    )

    looked = forms.BooleanField(
        label=gettext_lazy("I have looked through who may sign in, and with which roles."),
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, standstill: Standstill, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._standstill, self._now = standstill, now
        if standstill.cause != Cause.RESTORED:
            del self.fields["looked"]
        choice = self.fields["other"]
        if standstill.cause == Cause.RESTORED and isinstance(choice, forms.ChoiceField):
            # After a restore there is always one that may have gone on.
            choice.choices = [("", gettext_lazy("Choose")), Other.choices[0]]

    def clean_off_at(self) -> datetime:
        off_at: datetime | None = self.cleaned_data["off_at"]
        if off_at is not None and off_at > self._now:
            raise forms.ValidationError(_("This moment is still to come."))
        copied_at = self._standstill.copied_at
        if off_at is not None and copied_at is not None and off_at < copied_at:
            raise forms.ValidationError(_("The backup is younger than that."))
        return off_at or self._now


def standstill(request: HttpRequest) -> HttpResponse:
    """Show why nothing leaves, and what is not known; the button lets everything go on."""
    may_end = request.user.has_perm("desk.change_standstill") and works_for_all(request.user)
    if not (may_end or request.user.has_perm("desk.view_alarm")):
        raise PermissionDenied
    now, row = clock.now(), standstills.current()
    form = None
    if row is not None and may_end:
        form = OtherMachineForm(request.POST or None, standstill=row, now=now)
        if request.method == "POST" and form.is_valid():
            return _go_on(request, row, form.cleaned_data, now)
    elif request.method == "POST":
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Before anything is sent again"),
        "standstill": row,
        "says": words.headline(row) if row else "",
        "found": words.found(row) if row else (),
        "people": StaffUser.objects.filter(is_active=True).count() if row else 0,
        "is_restored": row is not None and row.cause == Cause.RESTORED,
        "form": form,
    }
    return TemplateResponse(request, "desk/standstill.html", context)


def _go_on(
    request: HttpRequest, row: Standstill, values: dict[str, Any], now: datetime
) -> HttpResponse:
    by = request.user if isinstance(request.user, StaffUser) else None
    off_at = values["off_at"] if values["other"] == Other.OFF else None
    if standstills.end(row, by=by, other_off_at=off_at, now=now):
        messages.success(request, _("What comes due from now on is sent."))
    return HttpResponseRedirect(reverse("admin:index"))
