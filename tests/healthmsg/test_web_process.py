"""What the web process does once, before its first page."""

import gc
import sys

from healthmsg import asgi


def test_what_stands_before_the_first_page_is_not_looked_through_for_garbage() -> None:
    left_alone = gc.get_freeze_count()
    try:
        asgi.settle()

        assert gc.get_freeze_count() > left_alone + 100_000
        assert "healthmsg.desk.unreached.pages" in sys.modules
    finally:
        gc.unfreeze()
