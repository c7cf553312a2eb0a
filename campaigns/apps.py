"""Campaigns as Django sees them."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        from campaigns import replies, tasks, uses  # noqa: F401, PLC0415 - connects their receivers
