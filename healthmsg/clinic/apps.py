"""The ground floor as Django sees it."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "healthmsg.clinic"
    label = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        from healthmsg.clinic import checks  # noqa: F401, PLC0415 - registers on import
