"""Whoever is signed in, read together with what every page asks of them."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from healthmsg.clinic.models import Clinic, StaffUser

# Of somebody two steps further out: permissions within the statement that reads the person.
_THEM = OuterRef(OuterRef("pk"))


class PersonBackend(ModelBackend):
    """Django's own, but for asking once what was asked five times for each page."""

    def get_user(self, user_id: Any) -> StaffUser | None:
        sites = StaffUser.sites.through.objects.filter(staffuser=OuterRef("pk")).order_by("site")
        theirs = StaffUser.clinics.through.objects.filter(staffuser=_THEM)
        others = Clinic.objects.exclude(pk__in=theirs.values("clinic"))
        people = StaffUser.objects.annotate(
            its_powers=ArraySubquery(_powers()),
            its_sites=ArraySubquery(sites.values("site")),
            has_others=Exists(others),
        )
        user = people.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        # Where Django and `cockpit.belonging` keep them, once they have asked.
        user._perm_cache = set(user.its_powers)  # type: ignore[attr-defined]
        user._site_ids = tuple(user.its_sites)  # type: ignore[attr-defined]
        works_for_all = user.is_superuser or not user.has_others
        user._works_for_all = works_for_all  # type: ignore[attr-defined]
        return user


def _powers() -> "QuerySet[Any, Any]":
    """Name what somebody may by themselves or by a role: `clinic.view_patient`."""
    own = StaffUser.user_permissions.through.objects.filter(staffuser=_THEM)
    by_role = Group.permissions.through.objects.filter(group__user=_THEM)
    theirs = Q(pk__in=own.values("permission")) | Q(pk__in=by_role.values("permission"))
    name = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return Permission.objects.filter(theirs).order_by().values_list(name)
