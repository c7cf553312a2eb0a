"""The screens of campaigns and of lists of patients."""

from campaigns.admin import campaigns, lists  # noqa: F401 - they register
