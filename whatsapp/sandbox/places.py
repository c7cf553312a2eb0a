"""Places on the map, as messages carry them."""

from dataclasses import dataclass

from whatsapp.sandbox.shapes import Json, missing, optional_text_at, wrong

_FURTHEST = {"latitude": 90.0, "longitude": 180.0}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, in degrees, and what stands beside the map."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


def read(location: Json, path: str) -> Place:
    """
    Read a place; its degrees may be numbers or, as in Meta's samples of templates, text.

    :raises GraphError: 131008 one of the degrees is missing, 131009 it is none
    """
    return Place(
        latitude=_degrees(location, "latitude", path),
        longitude=_degrees(location, "longitude", path),
        name=optional_text_at(location, "name", path),
        address=optional_text_at(location, "address", path),
    )


def _degrees(location: Json, key: str, path: str) -> float:
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
    return degrees
