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
