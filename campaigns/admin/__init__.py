"""The screens of campaigns, of lists of patients and of rates."""

from campaigns.admin import audiences, campaigns, deputies, lists, rates  # noqa: F401 - they register
