"""What every page says on top while nothing real leaves."""

from django.conf import settings
from django.http import HttpRequest


def banner(request: HttpRequest) -> dict[str, object]:
    """Tell templates whether this installation is practicing."""
    return {"uses_sandbox": settings.USES_SANDBOX}
