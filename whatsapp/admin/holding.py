"""Stop and start again: one act for everything that can be held with a reason."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.cockpit import Tone, mark


class ReasonForm(forms.Form):
    """Why something is stopped: the next person who looks wants to know."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"class": "border border-base-200 px-3 py-2 rounded-default w-full"}
        ),
    )


def hold(row: Any, *, reason: str, now: datetime) -> None:
    """Stop a number, account, portfolio or stream; nothing is lost, all of it waits."""
    _set(row, held_at=now, held_reason=reason)


def release(row: Any) -> None:
    """Let what waits go out again, as far as it is still useful."""
    _set(row, held_at=None, held_reason="")


def held_mark(row: Any) -> SafeString:
    """Return whether it is stopped, why and since when."""
    if row.held_at is None:
        return mark(_("running"), Tone.GOOD)
    return mark(_("stopped: %(reason)s") % {"reason": row.held_reason}, Tone.BAD)


def _set(row: Model, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
