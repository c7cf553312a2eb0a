"""Notices that were read long ago leave the disk, and leave room for the next."""

import os
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from whatsapp import old_notices
from whatsapp.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def make(count: int, *, days_ago: int = 31, **fields: object) -> list[Delivery]:
    """Bodies that do not compress, as long as Meta's with a few receipts."""
    defaults: dict[str, object] = {"digest_after": None, "received_at": Now() - days_ago * DAY}
    return Delivery.objects.bulk_create(
        [Delivery(clear_body=os.urandom(1500), **(defaults | fields)) for _ in range(count)]
    )


def trim(seconds: float = 60.0) -> int:
    return old_notices.trim(kept=30 * DAY, seconds=seconds)


def test_what_was_read_long_ago_goes_and_the_rest_stays() -> None:
    make(1, problem="no words of WhatsApp's", days_ago=91)
    make(3)
    unread = make(1, digest_after=Now())
    unreadable = make(1, problem="no words of WhatsApp's")
    lately = make(1, days_ago=29)

    assert trim() == 4
    assert trim() == 0

    assert set(Delivery.objects.all()) == {*lately, *unread, *unreadable}


def test_it_goes_chunk_by_chunk_and_leaves_the_rest_to_the_next_tick() -> None:
    make(old_notices.CHUNK + 10)

    assert trim(seconds=0.0) == old_notices.CHUNK
    assert trim(seconds=0.0) == 10


def test_what_somebody_holds_is_left_to_the_next_time() -> None:
    held, free = make(2)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM whatsapp_delivery WHERE id = %s FOR UPDATE", [held.pk])

            assert trim() == 1
            # Not left to the end of the connection, which the server notices a moment later.
            cursor.execute("ROLLBACK")
    finally:
        other.close()

    assert list(Delivery.objects.all()) == [held]
    assert trim() == 1
    assert free.pk != held.pk


def test_after_ten_times_filling_and_trimming_the_table_is_hardly_larger() -> None:
    def size() -> int:
        with connection.cursor() as cursor:
            # What autovacuum does, now and not some time in the middle of a test.
            cursor.execute("VACUUM whatsapp_delivery")
            cursor.execute("SELECT pg_total_relation_size('whatsapp_delivery')")
            found = cursor.fetchone()
        assert found is not None
        return int(found[0])

    sizes = []
    for _ in range(10):
        # A month's notices are there while the next ones come.
        make(2000)
        sizes.append(size())
        assert trim() == 2000
        size()

    assert sizes[-1] <= 1.5 * sizes[0], sizes
