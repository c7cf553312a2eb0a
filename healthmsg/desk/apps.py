"""The roof as Django sees it."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "healthmsg.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from healthmsg.cockpit import comings  # noqa: PLC0415 - apps must be ready first
        from healthmsg.desk.alarms import checks, stand_in  # noqa: F401, PLC0415 - they register
        from healthmsg.desk.backups import beginning  # noqa: F401, PLC0415 - it registers
        from healthmsg.desk.cancelled_lists import replies  # noqa: F401, PLC0415 - it listens
        from healthmsg.desk.imports import checks as folder  # noqa: F401, PLC0415 - it registers
        from healthmsg.desk.proof import replies as codes  # noqa: F401, PLC0415 - it listens
        from healthmsg.desk.signing_in import earlier, sessions  # noqa: F401, PLC0415 - it registers

        comings.connect()
