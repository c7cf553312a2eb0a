"""Keys of rows as they stand in addresses and forms, whoever has typed them."""

# What a key of 64 bits has at most; more than some thousand Python refuses to read.
_LONGEST = 18


def key_of(typed: object) -> int:
    """Return the number that was typed, 0 where it is none: no row has it."""
    text = str(typed or "")
    # Not `isdigit`, which takes signs that no number is made of, such as ².
    return int(text) if text.isdecimal() and len(text) <= _LONGEST else 0
