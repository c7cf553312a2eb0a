"""Staff: who signs in, at which clinics, in which roles."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from healthmsg.clinic.models import StaffUser
from healthmsg.clinic.roles import ROLES
from healthmsg.cockpit import ClinicAdmin, clinics_of

admin.site.unregister(Group)


@admin.register(StaffUser)
class StaffUserAdmin(UserAdmin[StaffUser], ClinicAdmin[StaffUser]):
    """A clinic's admin gives roles, and never more than a role."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "roles", "is_active")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Who"), {"fields": ("first_name", "last_name", "email")}),
        (_("At the clinic"), {"fields": ("clinics", "groups", "is_active", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "password1", "password2")}),
        (_("At the clinic"), {"fields": ("clinics", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffUser]:
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def has_delete_permission(self, request: HttpRequest, obj: StaffUser | None = None) -> bool:
        return False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.filter(name__in=ROLES).order_by("name")
        if db_field.name == "clinics":
            kwargs["initial"] = list(clinics_of(request.user)[:1])
        field = ClinicAdmin.formfield_for_manytomany(self, db_field, request, **kwargs)
        if field is not None:
            field.widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=field.choices)
            field.help_text = ""
        if db_field.name == "groups" and field is not None:
            field.label = _("Roles")
        if db_field.name == "clinics" and field is not None:
            # Somebody of no clinic would vanish from the list of whoever added them.
            field.required = not request.user.is_superuser
        return field

    def save_model(
        self, request: HttpRequest, obj: StaffUser, form: "ModelForm[StaffUser]", change: Any
    ) -> None:
        # Whoever the clinic adds may open these pages; what is on them is up to the roles.
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        mine = clinics_of(request.user).values("pk")
        # The form knows the person's own clinics only; memberships elsewhere stay.
        elsewhere = list(form.instance.clinics.exclude(pk__in=mine)) if form.instance.pk else []
        super().save_related(request, form, formsets, change)
        form.instance.clinics.add(*elsewhere)

    @admin.display(description=_("roles"))
    def roles(self, user: StaffUser) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"
