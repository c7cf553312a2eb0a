"""
A plain Django view under gunicorn that checks nothing and pushes the body to Redis.

Kept here to be measured beside the door. Under gunicorn this module is the whole project.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from urllib.request import urlopen

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

ADDRESS = "PLAIN_VIEW_REDIS"
# Workers of its own kind answer one request a connection; threaded ones keep connections open.
KINDS = ((), ("--worker-class=gthread", "--threads=8"))
WORKERS = (1, 2, 3, 4)


def webhook(request: HttpRequest) -> HttpResponse:
    _redis.rpush("webhooks", request.body)
    return HttpResponse("ok")


urlpatterns = [path("webhooks/whatsapp", webhook)]

if ADDRESS in os.environ:
    from django.core.wsgi import get_wsgi_application
    from redis import Redis

    settings.configure(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="plain",
        # Sets the length of answers, without which connections cannot stay open.
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    )
    _redis = Redis.from_url(os.environ[ADDRESS])
    application = get_wsgi_application()


@contextlib.contextmanager
def serving(workers: int, kind: tuple[str, ...] = ()) -> Iterator[tuple[int, int]]:
    """Run it on this house's Redis; gives its port and process id."""
    from tests.bench import house

    port = house.free_port()
    words = [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", f"--workers={workers}"]
    words += ["--log-level=error", *kind, "tests.bench.plain_view"]
    with house.command("gunicorn", words, **{ADDRESS: str(settings.REDIS_URL)}) as process:
        if not house.until(lambda: _answers(port), seconds=30):
            raise RuntimeError(f"gunicorn did not stand up: {house.log_ends()}")
        yield port, process.pid


def _answers(port: int) -> bool:
    """The port is open before a worker has read the project: only an answer counts."""
    address = f"http://127.0.0.1:{port}/webhooks/whatsapp"
    with contextlib.suppress(OSError), urlopen(address, timeout=2) as answer:
        return bool(answer.status == 200)
    return False
