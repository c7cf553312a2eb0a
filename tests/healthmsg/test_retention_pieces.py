"""How many rows a removal looks at at once: what a piece may take of the database is its time."""

from hypothesis import given
from hypothesis import strategies as st

from healthmsg.desk.privacy.retention import AIM, FEWEST, next_size
from healthmsg.desk.privacy.ways import CHUNK

SIZES = st.integers(FEWEST, CHUNK)


@given(size=SIZES, took=st.floats(0, 60))
def test_a_piece_is_never_larger_than_most_nor_more_than_twice_the_last(
    size: int, took: float
) -> None:
    found = next_size(size, took, most=CHUNK)

    assert FEWEST <= found <= min(CHUNK, 2 * size)


@given(size=SIZES, per_row=st.floats(0.00001, 0.01))
def test_where_each_row_takes_its_time_the_next_piece_takes_what_is_meant(
    size: int, per_row: float
) -> None:
    found = next_size(size, size * per_row, most=CHUNK)

    assert found * per_row <= AIM * 1.01 or found == FEWEST


def test_a_disk_that_is_busy_and_then_is_not_is_followed() -> None:
    sizes, per_row = [CHUNK // 4], [0.0002] * 4 + [0.003] * 4 + [0.0002] * 6
    for cost in per_row:
        sizes.append(next_size(sizes[-1], sizes[-1] * cost, most=CHUNK))

    # Of the pieces on the busy disk the first was begun before anybody knew.
    assert sizes[4] == CHUNK
    assert all(133 <= size <= 134 for size in sizes[5:9])
    assert sizes[-1] == CHUNK
