"""Pages of long lists without counting a million rows."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet

# Counting stops here: 3 ms where the whole table takes a second.
COUNT_UNTIL = 10_000


class CappedPaginator(Paginator[Any]):
    """Counts at most 10,000 rows; beyond, a list is filtered, not paged through."""

    template_name = "cockpit/pagination.html"
    # Fewer where a list itself ends before.
    most = COUNT_UNTIL

    @property
    def is_capped(self) -> bool:
        """True where there are at least as many rows as were counted."""
        return self.count >= self.most

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by().values("pk")[:COUNT_UNTIL].count()


class FoundPaginator(CappedPaginator):
    """Pages of what was searched for: looked up once, for its number and for its page."""

    @cached_property
    def keys(self) -> list[Any]:
        """Primary keys, in the list's order."""
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[: self.most])

    @cached_property
    def count(self) -> int:
        return len(self.keys)


def keys_shown(changelist: Any) -> list[Any]:
    """Return the primary keys of the rows on the page, for a list that reads these rows itself."""
    found = changelist.paginator
    if not isinstance(found, FoundPaginator):
        return [row.pk for row in changelist.result_list]
    if not changelist.multi_page:
        return found.keys
    page = found.page(changelist.page_num)
    return found.keys[page.start_index() - 1 : page.end_index()]
