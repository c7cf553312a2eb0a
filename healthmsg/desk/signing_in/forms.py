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
# A clinic's people may all come from one address, and begin at the same hour.
FROM_ONE_ADDRESS = 100
AS_ONE_PERSON = 30
TOO_OFTEN = _("That was too often. Please wait ten minutes.")


class SignInForm(AuthenticationForm):
    """Name and password; after many wrong ones nothing more is looked at for a while."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("This name and this password do not belong together. Mind capitals."),
    }

    def clean(self) -> dict[str, Any]:
        counted = _counted(self.request, self.data.get("username", ""))
        if any(visitors.tries(what, who) >= most for what, who, most in counted):
            raise ValidationError(TOO_OFTEN, code="haste")
        try:
            return super().clean()
        except ValidationError:
            for what, who, _most in counted:
                visitors.count(what, who, seconds=_TEN_MINUTES)
            raise


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


def _counted(request: Any, username: str) -> tuple[tuple[str, str, int], ...]:
    return (
        ("wrong-from-address", visitors.address_of(request), FROM_ONE_ADDRESS),
        ("wrong-with-name", username.casefold(), AS_ONE_PERSON),
    )
