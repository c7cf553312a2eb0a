"""What pages say of a standstill, in the clinic's words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.desk.backups import standstills
from healthmsg.desk.backups.models import Cause, Standstill

FOUND = {
    "messages": gettext_lazy("Messages that were due"),
    "reminders": gettext_lazy("Reminders that were due"),
    "invitations": gettext_lazy("Patients of campaigns that were running"),
    "campaigns": gettext_lazy("Campaigns that were to begin"),
    "times": gettext_lazy("Times that became free, and were being offered"),
    "erased": gettext_lazy("Patients who had been deleted, and were deleted again"),
    "stops": gettext_lazy("Stops brought back from the journal"),
}


def headline(standstill: Standstill) -> str:
    """Return what every page says on top."""
    if standstill.cause == Cause.RESTORED:
        return _(
            "Nothing is sent: this was restored from a backup, and somebody first says that the"
            " old machine is off."
        )
    return _(
        "Nothing is sent: this machine is not known to the database it found. If it is a copy,"
        " leave it so."
    )


def found(standstill: Standstill) -> list[tuple[str, int | str]]:
    """Return what is not known to have been sent, and the stops that were brought back."""
    counts: list[tuple[str, int | str]] = [
        (str(words), standstill.found.get(name, 0)) for name, words in FOUND.items()
    ]
    if kept := still_kept():
        counts.append((_("Patients to be deleted once their legal hold ends"), kept))
    return counts


def still_kept() -> str:
    """Return, by number, who had been deleted and is here while a legal hold lasts."""
    return ", ".join(f"#{patient.pk}" for patient in standstills.to_delete())
