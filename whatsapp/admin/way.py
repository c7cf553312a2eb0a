"""The way to Meta's Graph API from a page: settings are read at the edge."""

from django.conf import settings

from whatsapp.graph import Graph


def graph() -> Graph:
    return Graph(
        base_url=settings.WHATSAPP_BASE_URL or settings.SANDBOX_URL,
        version=settings.WHATSAPP_GRAPH_VERSION,
        token=settings.WHATSAPP_TOKEN,
    )
