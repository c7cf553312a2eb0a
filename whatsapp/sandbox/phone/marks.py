"""WhatsApp's own marks in a text, as HTML: *bold*, _italic_, ~struck~ and ```fixed width```."""

import re
from html import escape

_TAGS = {"*": "strong", "_": "em", "~": "s"}
# A mark stands at the edge of words, as on a phone: snake_case and 2*3*4 stay what they are.
_MARKED = re.compile(
    r"```(?P<fixed>.+?)```"
    r"|(?<!\w)(?P<mark>[*_~])(?P<inner>(?!(?P=mark))\S(?:[^\n]*?[^\s])?)(?P=mark)(?!\w)",
    re.DOTALL,
)


def shown(text: str) -> str:
    """Return safe HTML; line breaks stay line breaks."""
    pieces, begins_at = [], 0
    for found in _MARKED.finditer(text):
        pieces += [escape(text[begins_at : found.start()]), _tagged(found)]
        begins_at = found.end()
    return "".join([*pieces, escape(text[begins_at:])])


def plain(text: str) -> str:
    """Return the text on one line and without its marks, as a list of chats shows it."""
    unmarked = _MARKED.sub(lambda found: found["fixed"] or plain(found["inner"]), text)
    return " ".join(unmarked.split())


def _tagged(found: "re.Match[str]") -> str:
    if found["fixed"]:
        return f"<code>{escape(found['fixed'])}</code>"
    tag = _TAGS[found["mark"]]
    return f"<{tag}>{shown(found['inner'])}</{tag}>"
