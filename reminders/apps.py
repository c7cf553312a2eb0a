"""Reminders as Django sees it."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = "Reminders"

    def ready(self) -> None:
        from reminders import (  # noqa: PLC0415 - rows must be ready; they listen
            menu,  # noqa: F401
            new_visits,  # noqa: F401
            questions,  # noqa: F401
            replies,  # noqa: F401
            uses,  # noqa: F401
        )
