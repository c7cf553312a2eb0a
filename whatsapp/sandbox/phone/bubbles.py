"""One chat's messages as HTML: what was said, what can be tapped, how far it has come."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from urllib.parse import quote

from whatsapp.sandbox.chats import Bubble, Chat
from whatsapp.sandbox.outgoing import Button, Content, Link
from whatsapp.sandbox.phone import attachments, marks
from whatsapp.sandbox.phone.moments import Moments
from whatsapp.sandbox.world import World

_RTL = ("ar", "he", "fa", "ur", "prs", "ps")
_TICKS = {
    "accepted": ("◷", "waiting"),
    "sent": ("✓", "sent"),
    "delivered": ("✓✓", "delivered"),
    "read": ("✓✓", "read"),
    "failed": ("✗", "not delivered"),
}
EMOJI = {
    "👍": "thumbs up",
    "❤️": "heart",
    "🙏": "thanks",
    "😀": "smile",
    "😢": "tears",
}
QUOTED = 90


def path_of(chat: Chat) -> str:
    return f"/chats/{quote(chat.phone_number_id)}/{quote(chat.wa_id)}"


def in_a_line(content: Content) -> str:
    """Say what a bubble says in one line of text."""
    words = (attachments.in_words(content.attachment), marks.plain(content.text))
    return " ".join(filter(None, words)) or content.header


class Bubbles:
    """The bubbles of one chat at one moment."""

    def __init__(self, world: World, chat: Chat, moments: Moments) -> None:
        self._world, self._chat, self._moments = world, chat, moments
        self._path = path_of(chat)

    def shown(self) -> str:
        """Return the items of a list: bubbles, and a line wherever a day begins."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for day, bubbles in groupby(self._chat.bubbles, lambda one: self._moments.day(one.at)):
            first, *others = bubbles
            yield (
                f'<li class="day" id="day-{day}"><span data-part="day">'
                f"{self._moments.day_in_full(first.at)}</span></li>"
            )
            yield from map(self._bubble, (first, *others))

    def _bubble(self, bubble: Bubble) -> str:
        content, who = bubble.content, "clinic" if bubble.is_ours else "patient"
        # A template's direction is its language's; of anything else the letters have to tell.
        turned = "" if bubble.is_template else ' dir="auto"'
        said = "".join(
            (
                f'<p class="header"{turned}>{escape(content.header)}</p>' * bool(content.header),
                self._attachment(bubble),
                f'<p class="text"{turned}>{marks.shown(content.text)}</p>' * bool(content.text),
                f'<p class="footer"{turned}>{escape(content.footer)}</p>' * bool(content.footer),
            )
        )
        sender = "The clinic" if bubble.is_ours else "The patient"
        return (
            f'<li class="from-{who}" id="{escape(bubble.wamid)}"><div class="bubble">'
            f'<span class="unseen">{sender}:</span>{self._quote(bubble)}'
            f'<div class="said"{_language(bubble)}>{said}</div>{self._foot(bubble)}</div>'
            f'<div class="taps"{_language(bubble)}>{self._taps(bubble)}</div></li>'
        )

    def _foot(self, bubble: Bubble) -> str:
        sign, words = _TICKS[self._status(bubble)]
        late = f" {words}" if words == "not delivered" else f'<span class="unseen">{words}</span>'
        reactions = "".join(
            f'<span class="reaction"><span class="unseen">{by} reacted: </span>{escape(emoji)}'
            "</span>"
            for by, emoji in (
                ("The clinic", bubble.reactions.get(True, "")),
                ("The patient", bubble.reactions.get(False, "")),
            )
            if emoji
        )
        return (
            f'<p class="foot"><span data-part="reactions">{reactions}</span>'
            f"{self._moments.hour(bubble.at)} "
            f'<span data-part="ticks"><span class="ticks {words.replace(" ", "-")}" '
            f'aria-hidden="true">{sign}</span>{late}</span></p>'
        )

    def _status(self, bubble: Bubble) -> str:
        """Return how far a message has come; one of the patient's is the webhook's to bring."""
        if bubble.is_ours:
            return bubble.status(self._moments.now)
        if bubble.wamid in self._world.patients.read_wamids:
            return "read"
        return "delivered" if bubble.wamid in self._world.webhooks.heard else "sent"

    def _quote(self, bubble: Bubble) -> str:
        answered = self._chat.bubble(bubble.context_id) if bubble.context_id else None
        if answered is None:
            return ""
        words = escape(in_a_line(answered.content)[:QUOTED])
        return f'<p class="quote" dir="auto"><span class="unseen">in answer to: </span>{words}</p>'

    def _attachment(self, bubble: Bubble) -> str:
        attachment = bubble.content.attachment
        if attachment is None:
            return ""
        address = f"{self._path}/file?of={quote(bubble.wamid, safe='')}"
        return attachments.shown(attachment, library=self._world.library, address=address)

    def _taps(self, bubble: Bubble) -> str:
        if not bubble.is_ours:
            return ""
        content = bubble.content
        offered = ""
        if content.list_label:
            offered = self._list(bubble)
        elif content.buttons:
            buttons = "".join(_button(place, one) for place, one in enumerate(content.buttons))
            offered = self._form(bubble, buttons)
        return offered + "".join(map(_link, content.links)) + self._reacting(bubble)

    def _list(self, bubble: Bubble) -> str:
        """Return a list that opens to its rows, under the headings of their sections."""
        rows = ""
        numbered = enumerate(bubble.buttons)
        for section, ones in groupby(numbered, lambda numbered: numbered[1].section):
            heading = f'<p class="section" dir="auto">{escape(section)}</p>' * bool(section)
            rows += heading + "".join(_button(place, one) for place, one in ones)
        label = escape(bubble.content.list_label)
        opening = f'<summary dir="auto">{label}</summary>'
        return f'<details class="rows">{opening}{self._form(bubble, rows)}</details>'

    def _reacting(self, bubble: Bubble) -> str:
        buttons = "".join(
            f'<button name="emoji" value="{emoji}" aria-label="{words}">{emoji}</button>'
            for emoji, words in EMOJI.items()
        )
        form = self._form(
            bubble, f'{buttons}<button name="emoji" value="">Take back</button>', act="react"
        )
        return (
            '<details class="react" lang="en" dir="ltr"><summary>'
            f'<span aria-hidden="true">☺</span> React</summary>{form}</details>'
        )

    def _form(self, bubble: Bubble, inner: str, *, act: str = "tap") -> str:
        return (
            f'<form method="post" action="{self._path}/{act}">'
            f'<input type="hidden" name="wamid" value="{escape(bubble.wamid)}">{inner}</form>'
        )


def _button(place: int, button: Button) -> str:
    note = f"<small>{escape(button.description)}</small>" * bool(button.description)
    return f'<button name="tap" value="{place}" dir="auto">{escape(button.title)}{note}</button>'


def _link(link: Link) -> str:
    is_call = link.address.startswith("tel:")
    if not is_call and not link.address.startswith(("https://", "http://")):
        return f'<p class="link" dir="auto">{escape(link.title)}</p>'
    target = "" if is_call else ' target="_blank" rel="noreferrer"'
    sign = "✆" if is_call else "↗"
    return (
        f'<a class="link" href="{escape(link.address)}"{target} dir="auto">'
        f'<span aria-hidden="true">{sign}</span> {escape(link.title)}</a>'
    )


def _language(bubble: Bubble) -> str:
    template = bubble.content.template
    if template is None:
        return ""
    language = template.language
    direction = "rtl" if language.partition("_")[0] in _RTL else "ltr"
    return f' lang="{escape(language.replace("_", "-"))}" dir="{direction}"'
