"""Campaigns as Django sees them."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        from campaigns import (  # noqa: PLC0415 - connects their receivers
            questions,  # noqa: F401
            replies,  # noqa: F401
            tasks,  # noqa: F401
            uses,  # noqa: F401
        )
