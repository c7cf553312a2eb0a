import base64

import pytest

from whatsapp import wamid

# Source: Meta's own sample, decoded.
GOLDEN = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"


def test_an_outbound_id_has_the_bytes_of_metas_sample() -> None:
    assert wamid.mint("16505551234", "81BEED5AA5C81C9871") == GOLDEN


def test_an_id_tells_number_and_direction() -> None:
    inbound = wamid.mint("5491155550101", "3AADF84413" * 2, inbound=True)

    read = wamid.parse(inbound)

    assert read == wamid.Wamid("5491155550101", "3AADF84413" * 2, is_inbound=True)
    assert not wamid.parse(GOLDEN).is_inbound


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(GOLDEN.removeprefix("wamid."), id="no-prefix"),
        pytest.param(GOLDEN[:-8], id="cut"),
        pytest.param("wamid.%%%", id="not-base64"),
        pytest.param("wamid." + base64.b64encode(b"\x1c\x18\x0512345").decode(), id="other-bytes"),
        pytest.param(GOLDEN.replace("HBgL", "HBgM"), id="wrong-length"),
    ],
)
def test_what_is_not_an_id_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="wamid") as refusal:
        wamid.parse(text)

    assert "MTY1" not in str(refusal.value)


def test_an_id_does_not_print_its_number() -> None:
    assert "1650" not in str(wamid.parse(GOLDEN))
