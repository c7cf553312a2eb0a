"""Staff: who signs in, at which clinics, in which roles."""

from typing import Any

from axes.utils import reset as forget_wrong_passwords
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.admin import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from healthmsg.clinic import second_factor
from healthmsg.clinic.models import Site, StaffUser
from healthmsg.clinic.roles import ROLES, in_words
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    act_page,
    act_path,
    clinics_of,
    owned,
    row_or_404,
    sites_of,
    visitors,
)

# Who somebody is, where they work, what they may do. A password is set on a page of its own.
_POWERS = ("username", "email", "clinics", "sites", "groups", "is_active")

admin.site.unregister(Group)
# Its pages show the keys themselves.
admin.site.unregister(TOTPDevice)


class RoleFilter(admin.RelatedFieldListFilter):
    """Those of a role, in the reader's language."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        roles = super().field_choices(field, request, model_admin)
        return [(key, in_words(str(name))) for key, name in roles]


class StaffForm(UserChangeForm[StaffUser]):
    """Without Django's line about how the password is kept; an act sets a new one."""

    password = None  # type: ignore[assignment]

    class Meta(UserChangeForm.Meta):
        help_texts = {
            "is_active": _("Take it away from who leaves: what they did stays under their name.")
        }


# Django's UserAdmin takes `change` among the named arguments of get_form.
@admin.register(StaffUser)
class StaffUserAdmin(UserAdmin[StaffUser], ClinicAdmin[StaffUser]):  # type: ignore[misc]
    """A clinic's admin gives roles, and never more than a role."""

    form = StaffForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "roles", "is_active")
    list_filter = ("is_active", ("groups", RoleFilter))
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    change_form_outer_before_template = "desk/staff_acts.html"
    filter_horizontal = ()
    readonly_fields = ("last_login",)
    fieldsets = (
        (None, {"fields": ("username",)}),
        (_("Who"), {"fields": ("first_name", "last_name", "email")}),
        (_("At the clinic"), {"fields": ("clinics", "sites", "groups", "is_active", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "password1", "password2")}),
        (_("At the clinic"), {"fields": ("clinics", "sites", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffUser]:
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def has_change_permission(self, request: HttpRequest, obj: StaffUser | None = None) -> bool:
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: StaffUser | None = None
    ) -> tuple[Any, ...]:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None or _governs(request, obj) else (*fields, *_POWERS)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django's name
        form_url: str = "",
    ) -> HttpResponse:
        user = self.get_object(request, id)
        if user is None:
            raise Http404
        if not governs(request.user, user):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "unlock", self.unlock),
            act_path(self, "reset-second-factor", self.reset_second_factor),
            *super().get_urls(),
        ]

    def unlock(self, request: HttpRequest, object_id: int) -> HttpResponse:
        user = self._governed(request, object_id)

        def do(_values: dict[str, Any]) -> str:
            forget_wrong_passwords(username=user.get_username())
            visitors.forget(visitors.WRONG_WITH_NAME, user.get_username().casefold())
            return gettext("They can sign in again.")

        act = Act(
            title=gettext("Unlock %(name)s") % {"name": user},
            button=gettext("Unlock"),
            do=do,
            explanation=gettext("Wrong passwords typed with this name are forgotten."),
        )
        return act_page(self, request, user, act)

    def reset_second_factor(self, request: HttpRequest, object_id: int) -> HttpResponse:
        user = self._governed(request, object_id)

        def do(_values: dict[str, Any]) -> str:
            second_factor.reset(user)
            return gettext("They were signed out, and sign in without a second factor.")

        act = Act(
            title=gettext("Reset the second factor of %(name)s") % {"name": user},
            button=gettext("Reset"),
            do=do,
            is_dangerous=True,
            explanation=gettext(
                "Only for who stands before you or whose voice you know: from now on their password"
                " alone lets them in, until they have set up another telephone."
            ),
        )
        return act_page(self, request, user, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        may = self.has_change_permission(request, user)
        shown = {"staff_user": user, "staff_may_act": user and may and _governs(request, user)}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def _governed(self, request: HttpRequest, object_id: int) -> StaffUser:
        user: StaffUser = row_or_404(self, request, str(object_id), "clinic.change_staffuser")
        if not self.has_change_permission(request, user) or not governs(request.user, user):
            raise PermissionDenied
        return user

    def has_delete_permission(self, request: HttpRequest, obj: StaffUser | None = None) -> bool:
        return False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = roles_given_by(request.user).order_by("name")
        if db_field.name == "clinics":
            kwargs["initial"] = list(clinics_of(request.user)[:1])
        field = ClinicAdmin.formfield_for_manytomany(self, db_field, request, **kwargs)
        if field is not None:
            field.widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=field.choices)
            field.help_text = db_field.help_text if db_field.name == "sites" else ""
        if db_field.name == "groups" and field is not None:
            field.label = _("Roles")
            field.label_from_instance = lambda group: in_words(group.name)
        if db_field.name == "clinics" and field is not None:
            # Somebody of no clinic would vanish from the list of whoever added them.
            field.required = not request.user.is_superuser
        if db_field.name == "sites" and field is not None:
            # None of them means all: nobody gives, or takes, more than they have.
            field.required = bool(sites_of(request.user))
        return field

    def save_model(
        self, request: HttpRequest, obj: StaffUser, form: "ModelForm[StaffUser]", change: Any
    ) -> None:
        # Whoever the clinic adds may open these pages; what is on them is up to the roles.
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        mine = clinics_of(request.user).values("pk")
        # The form knows only the clinics and roles the person has to give; all others stay.
        given = roles_given_by(request.user).values("pk")
        elsewhere = list(form.instance.clinics.exclude(pk__in=mine))
        others = list(form.instance.groups.exclude(pk__in=given))
        to_give = owned(Site.objects.all(), request.user).values("pk")
        sites = list(form.instance.sites.exclude(pk__in=to_give))
        super().save_related(request, form, formsets, change)
        form.instance.clinics.add(*elsewhere)
        form.instance.groups.add(*others)
        form.instance.sites.add(*sites)
        if change and {"clinics", "sites", "groups", "is_active"} & set(form.changed_data):
            second_factor.end_sessions(form.instance)
            _stay(request, form.instance)

    @admin.display(description=_("roles"))
    def roles(self, user: StaffUser) -> str:
        return ", ".join(in_words(group.name) for group in user.groups.all()) or "–"


def _stay(request: HttpRequest, user: StaffUser) -> None:
    """Whoever changes their own powers is not shown the door."""
    if user.pk == request.user.pk:
        user.refresh_from_db(fields=["powers_version"])
        update_session_auth_hash(request, user)


def governs(person: Any, user: StaffUser) -> bool:
    """
    True where a person may set somebody's password, roles and clinics.

    Whoever sets a password can be that user: so all of the user's clinics, sites and permissions
    must be the person's own.
    """
    if person.is_superuser or user.pk == person.pk:
        return True
    if limits := sites_of(person):
        theirs = set(user.sites.values_list("pk", flat=True))
        # Who is limited to none sees all of them.
        if not theirs or theirs - set(limits):
            return False
    mine = clinics_of(person).values("pk")
    may_more = _permissions_of(user).exclude(pk__in=_permissions_of(person).values("pk"))
    return not (
        user.is_superuser or user.clinics.exclude(pk__in=mine).exists() or may_more.exists()
    )


def _governs(request: HttpRequest, user: StaffUser) -> bool:
    """Ask once for each page: its form, its fields and its buttons want to know."""
    known: dict[int, bool] = request.__dict__.setdefault("_governed_users", {})
    if user.pk not in known:
        known[user.pk] = governs(request.user, user)
    return known[user.pk]


def roles_given_by(person: Any) -> QuerySet[Group]:
    """Return the roles that hold no permission the person lacks."""
    roles = Group.objects.filter(name__in=ROLES)
    if person.is_superuser:
        return roles
    lacking = Permission.objects.exclude(pk__in=_permissions_of(person).values("pk"))
    return roles.exclude(permissions__in=lacking)


def _permissions_of(user: StaffUser) -> QuerySet[Permission]:
    # Not `get_all_permissions`, which knows of none for somebody inactive.
    return Permission.objects.filter(Q(group__user=user) | Q(user=user)).distinct()
