"""The shell of every page that the sandbox shows, and what a browser may do on it."""

from html import escape
from pathlib import Path

from aiohttp import web

REFRESH_SECONDS = 5
_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: path.read_bytes() for path in sorted(_STATIC.iterdir())}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'; frame-src 'self'"
)
_LIVE = (
    '<noscript><link rel="stylesheet" href="/static/unscripted.css"></noscript>'
    '<script src="/static/phone.js" defer></script>'
)


def page(  # noqa: PLR0913 - one for each thing that pages differ in
    inner: str,
    *,
    title: str,
    sheet: str = "phone",
    refresh: str = "",
    is_live: bool = False,
    status: int = 200,
    framing: str = "",
) -> web.Response:
    """
    Return a whole page.

    :param sheet: name of the style sheet
    :param refresh: where a browser goes after some seconds by itself, "" for nowhere
    :param is_live: a script keeps the page new, and only where none runs it loads itself anew
    :param framing: an origin beside our own that the page shows in a frame
    """
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS};url={refresh}">' * bool(refresh)
    if is_live:
        again = f"<noscript>{again}</noscript>{_LIVE}"
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title>{again}<link rel="icon" href="/static/phone.svg">'
        f'<link rel="stylesheet" href="/static/{sheet}.css">'
        f"</head><body>{inner}</body></html>"
    )
    headers = {
        "Content-Security-Policy": f"{_POLICY} {framing}".rstrip(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def static(name: str) -> web.Response | None:
    """Return a style sheet or a script, None if there is none of this name."""
    content = _FILES.get(name)
    if content is None:
        return None
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    kind = _TYPES[Path(name).suffix]
    return web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)


def see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def not_found() -> web.Response:
    inner = '<main class="note"><h1>No such phone</h1><p><a href="/">All phones</a></p></main>'
    return page(inner, title="No such phone", status=404)
