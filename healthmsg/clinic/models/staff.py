"""People who work at the clinic and sign in."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from healthmsg.clinic import strongbox
from healthmsg.clinic.models.clinic import Clinic, Site


class StaffUser(AbstractUser):
    """Somebody who signs in; sees only the clinics they belong to."""

    clinics = models.ManyToManyField(
        Clinic, verbose_name=_("clinics"), related_name="staff", blank=True
    )
    # None means all sites of the clinics.
    sites = models.ManyToManyField(
        Site,
        verbose_name=_("only at these sites"),
        related_name="staff",
        blank=True,
        help_text=_(
            "None chosen: all. Visits, the waiting list and conversations of other sites are not"
            " shown; patients are the whole clinic's."
        ),
    )

    has_second_factor = models.BooleanField(
        _("signs in with a second factor"), default=False, db_default=False
    )
    # Part of what each session is signed with: raised, it ends all of them.
    powers_version = models.PositiveIntegerField(
        _("version of what they may do"), default=0, db_default=0
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("staff member")  # type: ignore[assignment]
        verbose_name_plural = _("staff")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_username()

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Sessions end with a new password, as Django has it, and with other powers."""
        salt = "healthmsg.clinic.models.StaffUser.get_session_auth_hash"
        signed = f"{self.password}:{self.powers_version}"
        return salted_hmac(salt, signed, secret=secret, algorithm="sha256").hexdigest()


class RecoveryCode(models.Model):
    """A word that signs in once in the place of the telephone that shows the six digits."""

    user = models.ForeignKey(StaffUser, models.CASCADE, related_name="recovery_codes")
    # The word itself is shown once and kept nowhere.
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"recovery code #{self.pk}"


class Telephone(TOTPDevice):  # type: ignore[misc]
    """
    A telephone that shows six digits, as django-otp keeps it; what it shares with us is sealed.

    A copy of the database alone shows nobody's digits.
    """

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("telephone for signing in")
        verbose_name_plural = _("telephones for signing in")

    def __str__(self) -> str:
        return f"telephone #{self.pk}"

    @property
    def bin_key(self) -> bytes:
        return strongbox.unseal_text(self.key, of=whose_digits(self.user_id))


def whose_digits(user_id: int) -> str:
    """Return whose the secret of a telephone is, as the strongbox wants to know it."""
    return f"telephone of person {user_id}"


class OfferedPermission(models.Model):
    """
    What a role was once given when it was installed or brought up to date.

    What a release adds is given once; what a clinic has taken away since stays away.
    """

    role = models.CharField(max_length=150)
    permission = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("permission given to a role")
        verbose_name_plural = _("permissions given to roles")
        constraints = [
            models.UniqueConstraint(
                fields=["role", "permission"], name="permission_offered_to_a_role_once"
            )
        ]

    def __str__(self) -> str:
        return f"permission #{self.pk} of a role"
