"""The rules' screens; visits and their reminders are shown by the desk."""

from reminders.admin import rules  # noqa: F401 - it registers
