"""A phone to look at: plain HTML, where a person reads as the patient and answers as her."""

from datetime import UTC, datetime
from html import escape
from urllib.parse import parse_qsl, quote

from aiohttp import web

from whatsapp.sandbox.chats import Bubble, Chat
from whatsapp.sandbox.world import World

REFRESH_SECONDS = 5
_RTL = ("ar", "he", "fa", "ur", "prs", "ps")
_TICKS = {
    "accepted": "waiting",
    "sent": "✓ sent",
    "delivered": "✓✓ delivered",
    "read": "✓✓ read",
    "failed": "✗ not delivered",
}
_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0;font:1rem/1.45 system-ui,sans-serif;background:#efe7de;color:#111b21}
header{background:#075e54;color:#fff;padding:.75rem 1rem}header a{color:#fff}
h1{font-size:1.15rem;margin:0}
main{max-width:40rem;margin:0 auto;padding:1rem}ul{list-style:none;margin:0;padding:0}
.chats a{display:block;padding:.75rem 1rem;background:#fff;color:inherit;text-decoration:none;
border-bottom:1px solid #d1d7db}.chats a:hover,.chats a:focus{background:#e7f6f2}
.bubble{max-width:85%;margin:.4rem 0;padding:.5rem .75rem;border-radius:.5rem;background:#fff;
overflow-wrap:anywhere;white-space:pre-line}.mine{margin-left:auto;background:#d9fdd3}
.bubble .place{margin:0 0 .4rem;padding:.5rem .6rem;background:#e7ecef;border-radius:.4rem;
white-space:normal}.place .meta{display:block}
.meta,.footer{font-size:.85rem;color:#54656f;margin:.25rem 0 0}.header{font-weight:600;margin:0}
.bubble p{margin:.2rem 0}button,input,.button{font:inherit;min-height:2.75rem;padding:.4rem .8rem}
.taps form{margin:.3rem 0}.taps button{width:100%;
background:#fff;border:1px solid #00695c;color:#00695c;
border-radius:.5rem;cursor:pointer}.write{display:flex;gap:.5rem;flex-wrap:wrap}
.write input{flex:1;min-width:10rem;border:1px solid #54656f;border-radius:.5rem}
.write button{background:#00695c;color:#fff;border:0;border-radius:.5rem}
iframe{width:100%;height:65vh;border:1px solid #d1d7db;background:#efe7de}
:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}
"""


async def answer(world: World, request: web.BaseRequest) -> web.Response:
    """Show the list of chats, a chat, or do what the person tapped."""
    parts = [part for part in request.path.split("/") if part]
    refresh = "still" not in request.query
    if not parts:
        return _html(_list(world, refresh=refresh), title="Phones", refresh="/" * refresh)
    if parts[0] != "chats" or len(parts) not in (3, 4):
        return _not_found()
    chat = world.chats.find(parts[1], parts[2])
    if chat is None:
        return _not_found()
    action = parts[3] if len(parts) == 4 else ""
    if request.method == "POST":
        return await _act(world, chat, action, request)
    if action == "bubbles":
        path = f"{_path(chat)}/bubbles#end"
        return _html(_bubbles(world, chat), title="Messages", refresh=path * refresh)
    return _html(_chat(chat, refresh=refresh), title=f"Phone +{chat.wa_id}")


async def _act(world: World, chat: Chat, action: str, request: web.BaseRequest) -> web.Response:
    form = dict(parse_qsl((await request.read()).decode(errors="replace")))
    number = world.numbers[chat.phone_number_id]
    bubble = chat.bubble(form.get("wamid", ""))
    position = form.get("tap", "")
    if action == "write" and form.get("text", "").strip():
        world.patients.write(number, chat.wa_id, form["text"].strip()[:4096])
        return _see(_path(chat))
    if action == "tap" and bubble and position.isdigit() and int(position) < len(bubble.buttons):
        world.patients.tap(number, chat.wa_id, bubble, int(position))
        return _see(f"{_path(chat)}/bubbles#end")
    return _see(_path(chat))


def _list(world: World, *, refresh: bool) -> str:
    chats = world.chats.latest()
    rows = "".join(_row(chat) for chat in chats) or "<li><p>No message has arrived yet.</p></li>"
    switch = (
        '<a href="/?still">Stop refreshing</a>' if refresh else '<a href="/">Refresh every 5 s</a>'
    )
    accepted = len(world.ledger.entries)
    return (
        "<header><h1>Practice phones</h1></header><main>"
        f"<p>{accepted} messages accepted. These phones are pretend: nobody receives anything. "
        f'{switch}</p><ul class="chats">{rows}</ul></main>'
    )


def _row(chat: Chat) -> str:
    last = chat.bubbles[-1]
    words = last.text or (last.place.name if last.place else "")
    return (
        f'<li><a href="{_path(chat)}"><strong>+{escape(chat.wa_id)}</strong>'
        f'<p class="meta" dir="auto">{escape(words[:80])}</p></a></li>'
    )


def _chat(chat: Chat, *, refresh: bool) -> str:
    path = _path(chat)
    still = "" if refresh else "?still"
    switch = (
        f'<a href="{path}?still">Stop refreshing</a>'
        if refresh
        else f'<a href="{path}">Refresh every 5 s</a>'
    )
    return (
        f'<header><p><a href="/">All phones</a></p><h1>+{escape(chat.wa_id)}</h1></header><main>'
        f'<iframe src="{path}/bubbles{still}#end" title="Messages of this phone"></iframe>'
        f'<form class="write" method="post" action="{path}/write">'
        '<label for="text">Answer as the patient</label>'
        '<input id="text" name="text" dir="auto" autocomplete="off" required>'
        f"<button>Send</button></form><p>{switch}</p></main>"
    )


def _bubbles(world: World, chat: Chat) -> str:
    now = world.clock.now()
    shown = "".join(f"<li>{_bubble(chat, bubble, now)}</li>" for bubble in chat.bubbles)
    return f'<main><ul>{shown}</ul><p id="end"></p></main>'


def _bubble(chat: Chat, bubble: Bubble, now: float) -> str:
    header = _place(bubble) + f'<p class="header">{escape(bubble.header)}</p>' * bool(bubble.header)
    text = f"<p>{escape(bubble.text)}</p>" * bool(bubble.text)
    footer = f'<p class="footer">{escape(bubble.footer)}</p>' * bool(bubble.footer)
    status = _TICKS.get(bubble.status(now), "") if bubble.is_ours else "the patient"
    taps = "".join(
        f'<form method="post" action="{_path(chat)}/tap">'
        f'<input type="hidden" name="wamid" value="{escape(bubble.wamid)}">'
        f'<button name="tap" value="{place}">{escape(button.title)}</button></form>'
        for place, button in enumerate(bubble.buttons)
    )
    return (
        f'<div class="bubble{"" if bubble.is_ours else " mine"}"{_language(bubble.language)}>'
        f"{header}{text}{footer}"
        f'<p class="meta" lang="en" dir="ltr">{_moment(bubble.at)} · {status}</p>'
        f'<div class="taps">{taps}</div></div>'
    )


def _place(bubble: Bubble) -> str:
    """Return the place as a card; a phone would draw a map, which this page fetches from nobody."""
    if bubble.place is None:
        return ""
    place = bubble.place
    degrees = f"{place.latitude:.6f}, {place.longitude:.6f}"
    return (
        '<p class="place" dir="auto"><span aria-hidden="true">⌖</span> '
        f"<strong>{escape(place.name or degrees)}</strong> {escape(place.address)}"
        f'<span class="meta" dir="ltr">{degrees}</span></p>'
    )


def _language(language: str) -> str:
    if not language:
        return ' dir="auto"'
    direction = "rtl" if language.partition("_")[0] in _RTL else "ltr"
    return f' lang="{escape(language.replace("_", "-"))}" dir="{direction}"'


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%a %d %b %H:%M:%S UTC")


def _path(chat: Chat) -> str:
    return f"/chats/{quote(chat.phone_number_id)}/{quote(chat.wa_id)}"


def _html(inner: str, *, title: str, refresh: str = "", status: int = 200) -> web.Response:
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS};url={refresh}">' * bool(refresh)
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{again}<style>{_STYLE}</style></head>"
        f"<body>{inner}</body></html>"
    )
    return web.Response(text=text, status=status, content_type="text/html")


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def _not_found() -> web.Response:
    inner = '<main><h1>No such phone</h1><p><a href="/">All phones</a></p></main>'
    return _html(inner, title="No such phone", status=404)
