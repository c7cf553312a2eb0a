import pytest

from whatsapp import deliveries
from whatsapp.models import Delivery

pytestmark = pytest.mark.django_db


def test_large_notices_are_taken_a_few_at_a_time_and_none_is_passed_over() -> None:
    made = Delivery.objects.bulk_create(Delivery(clear_body=b"x" * 2_500_000) for _ in range(3))

    first = deliveries.claim_fresh(100)
    second = deliveries.claim_fresh(100)

    assert [one.id for one in first] == [one.pk for one in made[:2]]
    assert [one.id for one in second] == [made[2].pk]
    assert not deliveries.claim_fresh(100)


def test_what_was_left_for_the_next_claim_counts_no_try() -> None:
    Delivery.objects.bulk_create(Delivery(clear_body=b"x" * 2_500_000) for _ in range(3))

    deliveries.claim_fresh(100)

    assert list(Delivery.objects.order_by("pk").values_list("tries", flat=True)) == [1, 1, 0]
