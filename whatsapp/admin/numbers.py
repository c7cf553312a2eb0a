"""Our WhatsApp numbers: their state, what keeps messages from leaving, and how to stop one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import Tone, mark, tip
from whatsapp import holds
from whatsapp.admin import troubles
from whatsapp.admin.holding import More, StoppableAdmin, Stopping, held_mark
from whatsapp.admin.standing import more_of_number
from whatsapp.models import Sender

_QUALITY = {
    "GREEN": (gettext_lazy("good"), Tone.GOOD),
    "YELLOW": (gettext_lazy("getting worse"), Tone.ASKS),
    "RED": (gettext_lazy("bad"), Tone.BAD),
}


@admin.register(Sender)
class SenderAdmin(StoppableAdmin[Sender]):
    """Numbers we write from."""

    list_empty = gettext_lazy(
        "The clinic writes from no number yet. The setup guide leads to the first."
    )
    list_display = ("number", "verified_name", "how_patients_like_it", "running", "held_at")
    list_select_related = ("clinic", "account")
    ordering = ("pk",)
    fields = (
        "clinic",
        "account",
        "phone_number_id",
        "display_number",
        "verified_name",
        "how_patients_like_it",
        "rate_per_second",
        "state_checked_at",
        "running",
    )
    # What WhatsApp tells us, and what has an act of its own.
    told = ("how_patients_like_it", "state_checked_at", "running")
    stopping = Stopping(
        is_stopped=gettext_lazy("This number is stopped"),
        stop=gettext_lazy("Stop this number"),
        consequence=gettext_lazy(
            "Nothing more leaves from this number; messages wait, and each is given up when its"
            " useful time has passed."
        ),
        stopped=gettext_lazy("Stopped 1 number. Everything waits until it is started again."),
        started=gettext_lazy("Started 1 number. What waits goes out."),
        reaches=lambda sender: Clinic.objects.filter(pk=sender.clinic_id),
        release=lambda sender: holds.start_number(sender.pk),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Sender | None = None
    ) -> tuple[Any, ...]:
        fixed = ("account", "phone_number_id", "display_number", "verified_name") if obj else ()
        return (*super().get_readonly_fields(request, obj), *self.told, *fixed)

    def has_delete_permission(self, request: HttpRequest, obj: Sender | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("number"))
    def number(self, sender: Sender) -> str:
        return str(sender)

    @admin.display(description=gettext_lazy("how patients like it"))
    def how_patients_like_it(self, sender: Sender) -> str:
        words, tone = _QUALITY.get(sender.quality, (gettext_lazy("not known yet"), Tone.QUIET))
        return mark(words, tone)

    @admin.display(description=gettext_lazy("state"))
    def running(self, sender: Sender) -> str:
        return held_mark(sender) if sender.pk else tip(_("not saved yet"))

    def more(self, request: HttpRequest, row: Sender) -> tuple[More, ...]:
        return (*more_of_number(request, row), *troubles.of_account(request.user, row.account))
