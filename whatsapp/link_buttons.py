"""
Buttons that open a patient's own page: a beginning that is approved, an end that is sent (pure).

Source: WhatsApp Cloud API, template components, read 2025-11: one variable, at the very end.
"""

import re
from dataclasses import dataclass
from typing import Any

# The fill-in whose address ends the button's.
OTHER_TIMES = "another_time_link"
GAP = "{{1}}"
_ENDS_WITH_A_GAP = re.compile(r"([^{}]+)\{\{\s*[a-z0-9_]+\s*\}\}")


@dataclass(frozen=True)
class LinkButton:
    """A button under a template, in its place counted over all of them from zero."""

    index: int
    beginning: str

    def part(self, address: str) -> dict[str, Any] | None:
        """Return what is posted, None where the address does not begin as was approved."""
        end = address.removeprefix(self.beginning)
        if not end or end == address:
            return None
        return {
            "type": "button",
            "sub_type": "url",
            "index": str(self.index),
            "parameters": [{"type": "text", "text": end}],
        }


def beginning_of(address: str) -> str:
    """Return what stands before the gap, "" where there is no gap, or not at the end alone."""
    found = _ENDS_WITH_A_GAP.fullmatch(address)
    return found[1] if found else ""
