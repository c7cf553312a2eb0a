"""The roof as Django sees it."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "healthmsg.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from healthmsg.desk.alarms import checks, stand_in  # noqa: F401, PLC0415 - they register
        from healthmsg.desk.imports import checks as folder  # noqa: F401, PLC0415 - it registers
