"""What is typed to sign in. Pasting is welcome, and password managers know the fields."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from healthmsg.cockpit import visitors

# Types are Django's; what runs is Unfold's, which has none.
if TYPE_CHECKING:
    from django.contrib.admin.forms import AdminAuthenticationForm as AuthenticationForm
else:
    from unfold.forms import AuthenticationForm

_TEN_MINUTES = 600
_A_MONTH = 30 * 24 * 60 * 60
# A clinic's people may all come from one address, and begin at the same hour.
FROM_ONE_ADDRESS = 100
AS_ONE_PERSON = 30
TOO_OFTEN = _("That was too often. Please wait ten minutes.")


class SignInForm(AuthenticationForm):
    """
    Name and password; after many wrong ones nothing more is looked at for a while.

    Wrong ones of strangers keep nobody out who has signed in from the same place before, or
    everybody could be kept out by whoever knows their names.
    """

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("This name and this password do not belong together. Mind capitals."),
    }

    def clean(self) -> dict[str, Any]:
        assert self.request is not None  # noqa: S101 - nobody signs in without one
        name, place = self.data.get("username", "").casefold(), visitors.place_of(self.request)
        here = f"{name} {place}"
        counted = [("wrong-from-address", place, FROM_ONE_ADDRESS)]
        if not visitors.tries("signed-in-from", here):
            counted.append((visitors.WRONG_WITH_NAME, name, AS_ONE_PERSON))
        if any(visitors.tries(what, who) >= most for what, who, most in counted):
            raise ValidationError(TOO_OFTEN, code="haste")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            # Locked for this address already, nothing was looked at: it says nothing of the name.
            is_locked = getattr(self.request, "axes_locked_out", False)
            for what, who, _most in counted[:1] if is_locked else counted:
                visitors.count(what, who, seconds=_TEN_MINUTES)
            raise
        visitors.count("signed-in-from", here, seconds=_A_MONTH)
        return cleaned


class CodeForm(forms.Form):
    """The six digits, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )


class AgainForm(forms.Form):
    """The password once more."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
