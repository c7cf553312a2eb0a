"""How the admin looks: colors, and where its parts are found, named by string only."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def _stylesheet(_request: HttpRequest) -> str:
    return static("cockpit/cockpit.css")


def _icon(_request: HttpRequest) -> str:
    return static("cockpit/icon.svg")


def _script(_request: HttpRequest) -> str:
    return static("cockpit/cockpit.js")


def _once(_request: HttpRequest) -> str:
    return static("cockpit/once.js")


def _parts(_request: HttpRequest) -> str:
    return static("cockpit/parts.js")


def _failed(_request: HttpRequest) -> str:
    return static("cockpit/failed.js")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "healthmsg",
    "SITE_HEADER": "healthmsg",
    "SITE_SYMBOL": "health_and_safety",
    "SITE_URL": None,
    "LOGIN": {"form": "healthmsg.desk.signing_in.forms.SignInForm"},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "THEME": "light",
    "STYLES": [_stylesheet],
    "SCRIPTS": [_script, _parts, _failed, _once],
    "DASHBOARD_CALLBACK": "healthmsg.desk.navigation.everything",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "healthmsg.desk.navigation.navigation",
    },
    # Teal; 600 is the color of links and buttons and has a contrast of 5.5 on white.
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#134e4a",
            "900": "#134e4a",
            "950": "#042f2e",
        },
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
}
