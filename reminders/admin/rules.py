"""Reminder rules: when, and with which template, a visit is spoken of."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from healthmsg.clinic.consent import LEDGER_PURPOSES
from healthmsg.cockpit import ClinicAdmin, OneClinicForm, Tone, mark
from healthmsg.cockpit.fields import MinutesField
from reminders.models import ReminderRule
from whatsapp.admin import troubles
from whatsapp.admin.choices import template_choices, template_field

_TEMPLATES = (
    "template_name",
    "spare_template_name",
    "confirmed_template_name",
    "several_template_name",
)


class RuleForm(OneClinicForm[ReminderRule]):
    """A rule; spans are typed in minutes."""

    offset = MinutesField(
        label=gettext_lazy("How many minutes after"),
        help_text=gettext_lazy("With a minus: before. 0 where days and a time of day are given."),
    )
    least_notice = MinutesField(
        label=gettext_lazy("Useful until so many minutes before the visit"),
        help_text=gettext_lazy("With a minus: after the visit."),
    )

    class Meta:
        model = ReminderRule
        fields = ("offset", "least_notice")  # the page adds the rest


@admin.register(ReminderRule)
class ReminderRuleAdmin(ClinicAdmin[ReminderRule]):
    """Changes hold for visits booked or moved from now on."""

    form = RuleForm
    change_form_outer_before_template = "whatsapp/troubles.html"
    ordering = ("clinic", "pk")
    fieldsets = (
        (None, {"fields": ("clinic", "name", "is_active", "kinds")}),
        (
            gettext_lazy("When"),
            {
                "fields": (
                    "anchor",
                    "offset",
                    ("days_before", "at_time"),
                    "least_notice",
                    "when_late",
                ),
                "description": gettext_lazy(
                    "A change of times holds for visits booked or moved from now on. Switching the"
                    " rule off holds at once, for all."
                ),
            },
        ),
        (gettext_lazy("What is said"), {"fields": ("purpose", *_TEMPLATES)}),
    )

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        # The approved names are looked up once for the page.
        approved = {name for name, _words in template_choices(request.user)}

        @admin.display(description=gettext_lazy("template"))
        def template(rule: ReminderRule) -> str:
            if rule.template_name in approved:
                return rule.template_name
            words = _("%(name)s: not approved") % {"name": rule.template_name}
            return mark(words, Tone.BAD if rule.is_active else Tone.QUIET)

        return ("name", "when_in_words", template, "in_use")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if rule is not None:
            names = [getattr(rule, field) for field in _TEMPLATES]
            shown["troubles"] = troubles.of_names(
                request.user, rule.clinic_id, names, purpose=rule.purpose
            )
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def has_delete_permission(self, request: HttpRequest, obj: ReminderRule | None = None) -> bool:
        return False

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in _TEMPLATES:
            return template_field(
                request.user,
                present=self._present(request, db_field.name),
                label=db_field.verbose_name.capitalize(),
                required=not db_field.blank,
                help_text=db_field.help_text,
            )
        if db_field.name == "kinds":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "purpose" and isinstance(field, forms.ChoiceField):
            field.choices = [(one.value, one.label) for one in LEDGER_PURPOSES]
        return field

    def _present(self, request: HttpRequest, name: str) -> str:
        key = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        rule = self.get_object(request, key) if key else None
        return str(getattr(rule, name)) if rule else ""

    @admin.display(description=gettext_lazy("in use"))
    def in_use(self, rule: ReminderRule) -> str:
        return mark(_("in use"), Tone.GOOD) if rule.is_active else mark(_("off"), Tone.QUIET)

    @admin.display(description=gettext_lazy("when"))
    def when_in_words(self, rule: ReminderRule) -> str:
        return when_in_words(rule)


def when_in_words(rule: ReminderRule) -> str:
    """Return such as "3 days before the visit, at 10:00" or "2 minutes after the booking"."""
    if rule.days_before is not None and rule.at_time is not None:
        days = ngettext("%d day", "%d days", rule.days_before) % rule.days_before
        at = formats.time_format(rule.at_time, "H:i")
        return _("%(days)s before the visit, at %(time)s") % {"days": days, "time": at}
    minutes = int(rule.offset.total_seconds() // 60)
    words = (
        _("%(minutes)s after: %(anchor)s") if minutes >= 0 else _("%(minutes)s before: %(anchor)s")
    )
    return words % {"minutes": _span(abs(minutes)), "anchor": rule.get_anchor_display()}


def _span(minutes: int) -> str:
    if minutes and minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("%d day", "%d days", days) % days
    if minutes and minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%d hour", "%d hours", hours) % hours
    return ngettext("%d minute", "%d minutes", minutes) % minutes
