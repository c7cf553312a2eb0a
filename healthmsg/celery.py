"""The Celery application; which task runs where is in healthmsg.beat_table."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from kombu.transport.virtual import Channel

from healthmsg import acting, worked

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")
# Celery 5.6 throws away what the checks answer, and they read in every page: 1.2 s and 20 MB each.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

# What a dying connection had not acknowledged is not put back: it is a bell, and beat rings again.
# Putting it back over a connection that is gone ends the whole worker (kombu 5.7, AttributeError in
# `restore_unacked_once`; seen when Valkey was away for half a minute).
Channel.do_restore = False

app = Celery("healthmsg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
worked.connect()
acting.connect()


@worker_init.connect
@beat_init.connect
def _begin(**_kwargs: Any) -> None:
    from healthmsg import start  # noqa: PLC0415 - settings must be ready first

    start.begin()
