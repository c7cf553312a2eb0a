"""The Celery application; which task runs where is in healthmsg.beat_table."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")

app = Celery("healthmsg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _begin(**_kwargs: Any) -> None:
    from healthmsg import start  # noqa: PLC0415 - settings must be ready first

    start.begin()
