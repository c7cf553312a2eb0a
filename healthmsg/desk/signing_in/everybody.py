"""Everybody out: where a database came back, and with it everybody who was signed in then."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F

from healthmsg.clinic.models import StaffUser


@transaction.atomic
def sign_out() -> int:
    """
    End all that is signed in, here and by any cookie of before; twice is harmless.

    :returns: how many people may sign in anew
    """
    Session.objects.all().delete()
    # A cookie whose session comes back with yet another copy opens nothing either.
    StaffUser.objects.update(powers_version=F("powers_version") + 1)
    return StaffUser.objects.filter(is_active=True).count()
