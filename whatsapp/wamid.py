"""The byte scheme of WhatsApp's message ids. They carry the number, so they are personal data."""

import base64
import binascii
import re
from dataclasses import dataclass

# Source: decoded from Meta's own samples:
# 1C 18 <length> <digits> 15 02 00 <direction> 18 <length> <hex id> 00.
_PREFIX = "wamid."
_HEAD = b"\x1c\x18"
_MIDDLE = b"\x15\x02\x00"
_OUTBOUND = b"\x11\x18"
_INBOUND = b"\x12\x18"
_SHAPE = re.compile(
    rb"\x1c\x18(?P<number_length>.)(?P<number>\d+)\x15\x02\x00(?P<direction>[\x11\x12])"
    rb"\x18(?P<id_length>.)(?P<id>[0-9A-Fa-f]+)\x00\Z",
    re.DOTALL,
)


@dataclass(frozen=True)
class Wamid:
    """What a message id says about its message."""

    number: str
    hex_id: str
    is_inbound: bool

    def __str__(self) -> str:
        return f"wamid #{self.hex_id}"


def mint(number: str, hex_id: str, *, inbound: bool = False) -> str:
    """
    Make the id of a message to or from `number`.

    :param number: the digits of the patient's wa_id
    :param hex_id: 18 hex digits for a message of ours, 20 for one of the patient's
    """
    direction = _INBOUND if inbound else _OUTBOUND
    body = b"%b%c%b%b%b%c%b\x00" % (
        _HEAD,
        len(number),
        number.encode(),
        _MIDDLE,
        direction,
        len(hex_id),
        hex_id.encode(),
    )
    return _PREFIX + base64.b64encode(body).decode()


def parse(wamid: str) -> Wamid:
    """
    Read number, id and direction back.

    :raises ValueError: not a message id; the text is not repeated in the error
    """
    if not wamid.startswith(_PREFIX):
        raise ValueError("a wamid begins with its prefix")
    try:
        body = base64.b64decode(wamid.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a wamid is base64") from None
    shape = _SHAPE.match(body)
    if shape is None or not _lengths_agree(shape):
        raise ValueError("these bytes are not a wamid")
    return Wamid(
        number=shape["number"].decode(),
        hex_id=shape["id"].decode(),
        is_inbound=shape["direction"] == b"\x12",
    )


def _lengths_agree(shape: re.Match[bytes]) -> bool:
    return shape["number_length"][0] == len(shape["number"]) and shape["id_length"][0] == len(
        shape["id"]
    )
