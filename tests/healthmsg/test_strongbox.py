"""What lies under the house's keys: opened by them, in its own row, and by nobody else."""

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.clinic import strongbox
from healthmsg.clinic.strongbox import WrongKeys


@given(secret=st.binary(max_size=200), of=st.text(max_size=40))
def test_what_was_sealed_is_opened(secret: bytes, of: str) -> None:
    sealed = strongbox.seal(secret, of=of)

    assert strongbox.unseal(sealed, of=of) == secret
    assert len(secret) < 4 or secret not in sealed


def test_twice_the_same_secret_looks_different_each_time() -> None:
    assert strongbox.seal(b"secret", of="7") != strongbox.seal(b"secret", of="7")


def test_attack_what_was_copied_to_another_row_does_not_open() -> None:
    with pytest.raises(WrongKeys):
        strongbox.unseal(strongbox.seal(b"secret", of="mine"), of="yours")


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 64], ids=["nothing", "short", "noise"])
def test_attack_noise_does_not_open(sealed: bytes) -> None:
    with pytest.raises(WrongKeys):
        strongbox.unseal(sealed, of="7")


def test_earlier_keys_open_and_the_newest_seals(settings: LazySettings) -> None:
    settings.AUDIT_KEYS = ["old"]
    before = strongbox.seal(b"secret", of="7")

    settings.AUDIT_KEYS = ["new", "old"]
    assert strongbox.unseal(before, of="7") == b"secret"
    after = strongbox.seal(b"secret", of="7")

    settings.AUDIT_KEYS = ["new"]
    assert strongbox.unseal(after, of="7") == b"secret"
    with pytest.raises(WrongKeys):
        strongbox.unseal(before, of="7")


def test_twenty_bytes_fit_into_the_column_of_a_telephone() -> None:
    text = strongbox.seal_text(b"x" * 20, of="telephone of person 7")

    assert len(text) <= 80
    assert strongbox.unseal_text(text, of="telephone of person 7") == b"x" * 20
