"""WhatsApp as Django sees it."""

from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from whatsapp import beginning  # noqa: F401, PLC0415 - it registers
