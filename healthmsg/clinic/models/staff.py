"""People who work at the clinic and sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.clinic import Clinic


class StaffUser(AbstractUser):
    """Somebody who signs in; sees only the clinics they belong to."""

    clinics = models.ManyToManyField(
        Clinic, verbose_name=_("clinics"), related_name="staff", blank=True
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("staff member")  # type: ignore[assignment]
        verbose_name_plural = _("staff")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_username()


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
