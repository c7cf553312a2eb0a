"""What is left of people signing in, once it counts no more."""

from datetime import timedelta
from importlib import import_module

from axes.models import AccessAttempt
from django.conf import settings
from django.utils import timezone

# A lock ends after minutes; what was typed as a name may have been a password.
ATTEMPTS_KEPT = timedelta(days=1)


def forget() -> int:
    """
    Delete sessions that are over, and wrong attempts of the day before.

    In real time, as sessions and attempts are kept, whatever the business clock shows.

    :returns: how many attempts were deleted
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    old = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - ATTEMPTS_KEPT)
    deleted: int = old.delete()[0]
    return deleted
