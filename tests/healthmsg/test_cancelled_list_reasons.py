"""Why a list is cancelled: asked where it is decided, and in no address."""

from collections.abc import Callable

from django.test import Client

from healthmsg.clinic.models import Clinician
from healthmsg.desk.models import CancelledList
from tests.healthmsg.test_cancelled_list_pages import let_it_happen, look, paz, sign_in, visits

__all__ = ["paz", "sign_in"]


def test_why_is_asked_where_it_is_decided_and_stands_in_no_address(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    client = sign_in()
    page = look(client, paz)

    lacks = let_it_happen(client, page, " ")
    known = CancelledList.objects.count()
    done = let_it_happen(client, lacks, "CANARY is ill")

    assert "Write why the visits are cancelled." in lacks.content.decode()
    assert "Something has changed" not in lacks.content.decode()
    assert known == 0
    assert CancelledList.objects.get().reason == "CANARY is ill"
    addresses = [page.context["query"], lacks.context["query"], done["Location"]]
    assert "CANARY" not in "".join(addresses)


def test_why_need_not_be_said_where_visits_are_moved(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    client = sign_in()

    let_it_happen(client, look(client, paz, act="LATER", minutes="20"), "")

    assert CancelledList.objects.get().act == "LATER"
