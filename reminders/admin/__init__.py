"""The rules' screens; visits and their reminders are shown by the desk."""

from reminders.admin import rules, waiting  # noqa: F401 - they register
