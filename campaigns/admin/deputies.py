"""Deputies: who approves while an approver is away."""

from django.contrib import admin

from campaigns.models import Deputy
from healthmsg.cockpit import ClinicAdmin


@admin.register(Deputy)
class DeputyAdmin(ClinicAdmin[Deputy]):
    """Who approves in whose place, and until when."""

    list_display = ("deputy", "stands_in_for", "first_day", "last_day")
    list_select_related = ("deputy", "stands_in_for")
    ordering = ("-last_day", "-pk")
    fields = ("clinic", ("stands_in_for", "deputy"), ("first_day", "last_day"))
