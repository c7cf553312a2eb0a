"""When a campaign is sent: at a moment, or again and again, in words a clinic uses."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_celery_beat.models import CrontabSchedule

from campaigns import approving, repeating
from campaigns.models import Campaign, WhenLate
from healthmsg import dates
from healthmsg.clinic.models import StaffUser
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.cockpit import fields

NOT, ONCE, DAILY, WEEKLY, MONTHLY = "NOT", "ONCE", "DAILY", "WEEKLY", "MONTHLY"
HOW = (
    (NOT, gettext_lazy("only when somebody starts it")),
    (ONCE, gettext_lazy("once, on the day below")),
    (DAILY, gettext_lazy("every day")),
    (WEEKLY, gettext_lazy("every week, on the weekdays below")),
    (MONTHLY, gettext_lazy("every month, on the day of the month below")),
)
# As crontab counts them.
WEEKDAYS = (
    ("1", gettext_lazy("Monday")),
    ("2", gettext_lazy("Tuesday")),
    ("3", gettext_lazy("Wednesday")),
    ("4", gettext_lazy("Thursday")),
    ("5", gettext_lazy("Friday")),
    ("6", gettext_lazy("Saturday")),
    ("0", gettext_lazy("Sunday")),
)


class PlanForm(forms.Form):
    """When, until when, and who looks after it."""

    how = fields.choice(gettext_lazy("It is sent"), HOW)
    hour = fields.hour(gettext_lazy("At"), help_text=gettext_lazy("By the clinic's clocks."))
    day = fields.day(gettext_lazy("Day"), required=False)
    weekdays = fields.several(gettext_lazy("Weekdays"), WEEKDAYS, required=False)
    day_of_month = fields.number(gettext_lazy("Day of the month"), least=1, most=28)
    ends_on = fields.day(gettext_lazy("For the last time on"), required=False)
    when_late = fields.choice(
        gettext_lazy("If its time was missed, as in an outage"), WhenLate.choices
    )
    owner = fields.row(gettext_lazy("Who looks after it"), StaffUser.objects.none())

    def __init__(self, *args: Any, campaign: Campaign, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._campaign, self._now = campaign, now
        owner: Any = self.fields["owner"]
        owner.queryset = campaign.clinic.staff.filter(is_active=True).order_by("username")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        wanted = {ONCE: "day", WEEKLY: "weekdays", MONTHLY: "day_of_month"}.get(
            values.get("how", "")
        )
        if wanted and not values.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, _("Needed for what you chose above."))
        hour = values.get("hour")
        hours = SendingHours.of(self._campaign.clinic)
        if hour and not hours.opens <= hour < hours.closes:
            self.add_error("hour", _("The clinic sends nothing at this hour."))
        if (
            not self.errors
            and values["how"] == ONCE
            and _moment(self._campaign, values) <= self._now
        ):
            self.add_error("day", _("This moment has passed."))
        return values


def plan(campaign: Campaign, values: dict[str, Any], *, by: StaffUser, now: datetime) -> str:
    """Keep when a campaign is sent, and return it in words; an approval is of what stood before."""
    how = values["how"]
    campaign.starts_at = _moment(campaign, values) if how == ONCE else None
    campaign.crontab = _crontab(campaign, how, values)
    campaign.ends_on = values["ends_on"] if campaign.crontab else None
    campaign.when_late, campaign.owner = values["when_late"], values["owner"]
    campaign.not_started_because = ""
    campaign.changed_by = by
    campaign.save()
    approving.change(Campaign.objects.filter(pk=campaign.pk), by=by)
    due = repeating.plan_next(campaign, after=now)
    if due is None:
        return _("It is sent only when somebody starts it.")
    return _("It is sent on %(when)s.") % {"when": in_words(due)}


def present(campaign: Campaign) -> dict[str, Any]:
    """Return what the form shows first: how it stands now."""
    zone = campaign.clinic.zone
    shown: dict[str, Any] = {
        "how": NOT,
        "hour": time(10),
        "when_late": campaign.when_late,
        "owner": campaign.owner_id or campaign.created_by_id,
        "ends_on": campaign.ends_on,
    }
    if campaign.starts_at is not None:
        local = campaign.starts_at.astimezone(zone)
        shown |= {"how": ONCE, "day": local.date(), "hour": local.time()}
    elif (crontab := campaign.crontab) is not None:
        shown["hour"] = time(int(crontab.hour), int(crontab.minute))
        if crontab.day_of_month != "*":
            shown |= {"how": MONTHLY, "day_of_month": crontab.day_of_month}
        elif crontab.day_of_week != "*":
            shown |= {"how": WEEKLY, "weekdays": crontab.day_of_week.split(",")}
        else:
            shown["how"] = DAILY
    return shown


def in_words(moment: datetime) -> str:
    """Return a moment by the clocks of whoever looks."""
    return dates.written(localtime(moment), "l j F Y, H:i")


def _moment(campaign: Campaign, values: dict[str, Any]) -> datetime:
    day: date = values["day"]
    return datetime.combine(day, values["hour"], campaign.clinic.zone).astimezone(UTC)


def _crontab(campaign: Campaign, how: str, values: dict[str, Any]) -> CrontabSchedule | None:
    if how in {NOT, ONCE}:
        return None
    made: CrontabSchedule = CrontabSchedule.objects.get_or_create(
        minute=str(values["hour"].minute),
        hour=str(values["hour"].hour),
        day_of_week=",".join(values["weekdays"]) if how == WEEKLY else "*",
        day_of_month=str(values["day_of_month"]) if how == MONTHLY else "*",
        month_of_year="*",
        timezone=campaign.clinic.zone,
    )[0]
    return made
