"""What the pages of schedules, seasons and lists share: approval, and the making of a list."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import listing, vouching
from campaigns.models import PatientList, Schedule, Season
from campaigns.vouching import Vouched
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import Act, Tone, fields, mark

# So far ahead a list looks unless somebody says otherwise.
AHEAD = timedelta(days=30)


class ListForm(forms.Form):
    """What the list is called, and until which day something is due."""

    name = fields.text(gettext_lazy("Name of the list"), most=80)
    due_by = fields.day(
        gettext_lazy("Due until"),
        help_text=gettext_lazy("Everybody for whom something is due today or until this day."),
    )

    def __init__(self, *args: Any, source: Schedule | Season, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._source = source
        if isinstance(source, Season):
            del self.fields["due_by"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if PatientList.objects.filter(clinic=self._source.clinic_id, name=name).exists():
            raise ValidationError(_("There is a list of this name already."))
        return name


def approve_act(row: Vouched, request: HttpRequest, **shown: Any) -> Act:
    """Return the page on which a clinician looks at all of it, and approves."""

    def do(_values: dict[str, Any]) -> str:
        try:
            vouching.approve(row, by=person(request), now=clock.now())
        except vouching.NotApproved as refusal:
            raise ValidationError(str(refusal)) from refusal
        return _("Approved in your name.")

    return Act(
        title=_("Approve “%(name)s”") % {"name": row.name},
        button=_("Approve as a clinician"),
        do=do,
        **shown,
    )


def make_act(source: Schedule | Season, request: HttpRequest) -> Act:
    """Return the page that asks what list is to be made."""
    now = clock.now()
    due_by = now.astimezone(source.clinic.zone).date() + AHEAD
    called = source.name if isinstance(source, Season) else f"{source.name} {source.edition}"

    def do(values: dict[str, Any]) -> str:
        until: date = values.get("due_by") or (
            source.last_day if isinstance(source, Season) else due_by
        )
        try:
            listing.make(
                source, name=values["name"], by=person(request), due_by=until, now=clock.now()
            )
        except listing.NotPossible as refusal:
            raise ValidationError(_(str(refusal))) from refusal
        return _("The list is being made. It is approved by a clinician once it is ready.")

    return Act(
        title=_("Make a list by “%(name)s”") % {"name": source.name},
        button=_("Make the list"),
        explanation=_(
            "Doses count whether they were entered, imported, or told by the patient. Nobody is"
            " written to by this: a clinician approves the list first, and a campaign is started."
        ),
        form=ListForm,
        form_arguments={"source": source},
        initial={"name": f"{called}, {date_format(due_by)}"[:80], "due_by": due_by},
        do=do,
        done=reverse("admin:campaigns_patientlist_changelist"),
    )


def state_of(row: Vouched) -> str:
    """Return whether a clinician stands by it, as a mark."""
    if isinstance(row, Schedule) and row.withdrawn_at is not None:
        return mark(_("withdrawn"), Tone.BAD)
    if row.approved_by is None:
        return mark(_("not approved yet"), Tone.ASKS)
    return mark(_("approved by %(name)s") % {"name": row.approved_by}, Tone.GOOD)


def may_approve(request: HttpRequest, row: Vouched) -> bool:
    """True for a clinician before whom it waits."""
    somebody = person(request)
    is_open = row.approved_at is None and vouching.author_id(row) != somebody.pk
    return is_open and vouching.may(somebody)


def person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return request.user
