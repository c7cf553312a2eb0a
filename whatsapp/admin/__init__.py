"""WhatsApp's screens, one module per noun."""

from whatsapp.admin import (  # noqa: F401 - they register
    accounts,
    bindings,
    drafts,
    files,
    menus,
    messages,
    notices,
    numbers,
    replies,
    saved_answers,
    suppressions,
    templates,
    threads,
    urgent_words,
    words,
)
