"""The screens of the phones: all chats, one chat, and its messages alone."""

from html import escape
from time import monotonic_ns
from zoneinfo import ZoneInfo

from aiohttp import web

from whatsapp.sandbox.chats import Bubble, Chat
from whatsapp.sandbox.phone.bubbles import Bubbles, in_a_line, path_of
from whatsapp.sandbox.phone.document import page
from whatsapp.sandbox.phone.moments import Moments
from whatsapp.sandbox.world import World

PREVIEWED = 80
_PRETEND = "Pretend phones: nobody receives anything."


def chats(world: World, *, refresh: bool) -> web.Response:
    """Show every chat, the newest first."""
    moments = _moments(world)
    rows = "".join(_row(world, chat, moments) for chat in world.chats.latest() if chat.wa_id)
    nothing = "No message has arrived yet." * (not rows)
    inner = (
        f'<header class="bar"><div><h1>Phones</h1><p>{_PRETEND}</p></div></header>'
        f"<main>{_switch('/', refresh=refresh)}"
        f'<p class="note" id="accepted" data-part="accepted">{_counted(world)}</p>'
        f'<p class="note" id="nothing" data-part="nothing">{nothing}</p>'
        f'<ul class="chats" id="live" data-live="/?still">{rows}</ul>{_NEWS}</main>'
    )
    return page(inner, title="Phones", refresh="" if not refresh else "/", is_live=True)


def chat(world: World, one: Chat, *, refresh: bool, trouble: str = "") -> web.Response:
    """Show one chat as the patient sees it, and what she can do."""
    one.seen_at = world.clock.now()
    path, number = path_of(one), world.numbers[one.phone_number_id]
    still = "" if refresh else "?still"
    bubbles = Bubbles(world, one, _moments(world)).shown()
    inner = (
        '<a class="skip" href="#text">Write a message</a>'
        '<header class="bar"><a href="/"><span aria-hidden="true">‹</span> Phones</a>'
        f'<div><h1 dir="auto">{escape(number.name)}</h1>'
        f"<p>on the phone +{escape(one.wa_id)}</p></div></header>"
        f'<main class="chat">{_switch(path, refresh=refresh)}'
        f'<noscript><iframe src="{path}/bubbles{still}#end" title="Messages"></iframe></noscript>'
        '<div class="scroll scripted" id="scroll" tabindex="0" role="region" aria-label="Messages">'
        f'<ol id="live" data-live="{path}/bubbles?still">{bubbles}</ol></div>'
        f"{_NEWS}{_trouble(trouble)}{_writing(path)}</main>"
    )
    title = f"Phone +{one.wa_id}"
    return page(inner, title=title, is_live=True, status=400 if trouble else 200)


def bubbles(world: World, one: Chat, *, refresh: bool) -> web.Response:
    """Show the messages alone, for a frame where no script runs."""
    one.seen_at = world.clock.now()
    # A new address each time: to one that differs in its fragment alone a browser only scrolls.
    path = f"{path_of(one)}/bubbles?{monotonic_ns()}#end" if refresh else ""
    shown = Bubbles(world, one, _moments(world)).shown()
    inner = f'<main class="chat"><ol id="live">{shown}</ol><p id="end"></p></main>'
    return page(inner, title="Messages", refresh=path)


_NEWS = '<p class="unseen" id="news" role="status" aria-live="polite"></p>'


def _trouble(words: str) -> str:
    return f'<p class="trouble" id="trouble" role="alert">{escape(words)}</p>'


def _moments(world: World) -> Moments:
    return Moments(ZoneInfo(world.options.time_zone), world.clock.now())


def _counted(world: World) -> str:
    count = len(world.ledger.entries)
    return f"{count:,} message{'s' * (count != 1)} accepted."


def _switch(path: str, *, refresh: bool) -> str:
    """Return what stops a page that loads itself anew; where scripts run, none does."""
    words, where = ("Stop refreshing", f"{path}?still") if refresh else ("Refresh", path)
    return f'<noscript><p class="note"><a href="{where}">{words}</a></p></noscript>'


def _row(world: World, chat: Chat, moments: Moments) -> str:
    last = chat.bubbles[-1]
    number = world.numbers[chat.phone_number_id]
    with_whom = f" · {escape(number.name)}" * (len(world.numbers) > 1)
    count = chat.unread(moments.now)
    unread = f'<span class="unread">{count}<span class="unseen"> unread</span></span>' * bool(count)
    return (
        f'<li id="row-{escape(chat.phone_number_id)}-{escape(chat.wa_id)}">'
        f'<a href="{path_of(chat)}"><span class="face" aria-hidden="true">'
        f"{escape(chat.wa_id[-2:])}</span>"
        f'<span class="who"><strong>+{escape(chat.wa_id)}</strong>{with_whom}</span>'
        f'<span class="when" data-part="when">{moments.shortly(last.at)}</span>'
        f'<span class="last" dir="auto" data-part="last">{_preview(last)}</span>'
        f'<span class="count" data-part="unread">{unread}</span></a></li>'
    )


def _preview(last: Bubble) -> str:
    words = escape(in_a_line(last.content)[:PREVIEWED])
    return words if last.is_ours else f'<span class="unseen">The patient: </span>↩ {words}'


def _writing(path: str) -> str:
    return (
        f'<form class="write" method="post" action="{path}/write">'
        '<label class="unseen" for="text">Write as the patient</label>'
        '<input id="text" name="text" dir="auto" autocomplete="off" placeholder="Message"'
        ' maxlength="4096" required><button>Send</button></form>'
        '<details class="attach"><summary>Send a picture or a PDF</summary>'
        f'<form method="post" action="{path}/file" enctype="multipart/form-data">'
        '<label for="file">JPEG, PNG or PDF, at most 5 MB</label>'
        '<input type="file" id="file" name="file" accept="image/jpeg,image/png,application/pdf"'
        ' required><label for="caption">Caption</label>'
        '<input id="caption" name="caption" dir="auto" autocomplete="off" maxlength="1024">'
        "<button>Send the file</button></form></details>"
    )
