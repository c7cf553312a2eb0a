"""The ground floor as Django sees it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClinicConfig(AppConfig):
    name = "healthmsg.clinic"
    label = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        from healthmsg.clinic import checks, roles  # noqa: F401, PLC0415 - registers on import

        post_migrate.connect(roles.install, sender=self)
