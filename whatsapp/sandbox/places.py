"""Places on the map, as messages carry them."""

from whatsapp.sandbox.outgoing import Attachment
from whatsapp.sandbox.shapes import Json, missing, optional_text_at, wrong

_FURTHEST = {"latitude": 90.0, "longitude": 180.0}


def read(location: Json, path: str) -> Attachment:
    """
    Read a place; its degrees may be numbers or, as in Meta's samples of templates, text.

    :raises GraphError: 131008 one of the degrees is missing, 131009 it is none
    """
    for key in _FURTHEST:
        _require_degrees(location, key, path)
    for key in ("name", "address"):
        optional_text_at(location, key, path)
    return shown(location)


def shown(location: Json) -> Attachment:
    """Return what a phone shows of a place, but for the map."""
    name, address = (str(location.get(key) or "") for key in ("name", "address"))
    degrees = f"{location.get('latitude')}, {location.get('longitude')}"
    return Attachment("location", name=name, address=address or degrees)


def _require_degrees(location: Json, key: str, path: str) -> None:
    given, furthest = location.get(key), _FURTHEST[key]
    if given is None or given == "":
        raise missing(f"{path}{key}")
    try:
        degrees = float(given) if isinstance(given, str | int | float) else furthest + 1
    except ValueError:
        degrees = furthest + 1
    # As such, not the other way round: "nan" is in no order.
    if isinstance(given, bool) or not -furthest <= degrees <= furthest:
        raise wrong(f"{path}{key}", f"degrees between -{furthest:.0f} and {furthest:.0f}")
