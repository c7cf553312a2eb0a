"""The screens of campaigns and of lists of patients."""

from campaigns.admin import audiences, campaigns, deputies, lists, runs  # noqa: F401 - they register
