"""The ground floor as Django sees it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ClinicConfig(AppConfig):
    name = "healthmsg.clinic"
    label = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        from healthmsg.clinic import (  # noqa: PLC0415 - apps must be ready first
            audit_triggers,
            checks,  # noqa: F401 - registers on import
            roles,
        )

        post_migrate.connect(roles.install, sender=self)
        pre_migrate.connect(audit_triggers.lay_down, sender=self)
        post_migrate.connect(audit_triggers.install, sender=self)
