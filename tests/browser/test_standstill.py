"""After a restore: what is not known, and the one button, on a screen and a telephone."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from healthmsg.desk.backups import after, standstills
from healthmsg.desk.backups.models import Cause
from tests.browser.conftest import Desk


def test_a_restored_house_is_let_go_on(desk: Desk) -> None:
    now = timezone.now()
    after.settle(
        None,
        key="k",
        host="new-machine",
        files=Path("none"),
        copied_at=now - timedelta(hours=9),
        now=now,
    )
    desk.sign_in("Clinic admin")
    desk.open("/admin/")
    desk.page.get_by_text("this was restored from a backup").first.click()
    desk.says("Not known to have been sent")
    desk.is_accessible()
    desk.picture("standstill")

    desk.page.get_by_label("The other machine").select_option("OFF")
    desk.page.get_by_label("I have looked through who may sign in").check()
    desk.page.get_by_role("button", name="Send what comes due from now on").click()

    desk.says("What comes due from now on is sent.")
    assert standstills.current() is None


@pytest.mark.parametrize("page", [390], indirect=True, ids=["telephone"])
def test_a_copy_says_that_it_is_one(desk: Desk) -> None:
    standstills.begin(Cause.OTHER_MACHINE, host="test-machine", now=timezone.now())
    desk.sign_in("Clinic admin")

    desk.open("/admin/standstill/")

    desk.says("Is this a copy for trying things out?")
    desk.is_accessible()
    desk.picture("standstill-copy")
