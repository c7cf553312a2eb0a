"""WhatsApp's screens, one module per noun."""

from whatsapp.admin import (  # noqa: F401 - they register
    accounts,
    bindings,
    drafts,
    files,
    messages,
    notices,
    numbers,
    replies,
    suppressions,
    templates,
)
