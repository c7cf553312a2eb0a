"""One question for many kinds of rows: of which is there any, and how many?"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, QuerySet, Value

Kinds = Mapping[str, "QuerySet[Any]"]


def there(kinds: Kinds) -> set[str]:
    """Return the names of those of which there is at least one row; asks the database once."""
    return set(counted((kinds, 1)))


def how_many(kinds: Kinds) -> Counter[str]:
    """Count kinds of which a clinic has few to the last row, by name; asks the database once."""
    first, *others = [
        rows.order_by().values(kind=Value(name)).annotate(count=Count("pk"))
        for name, rows in kinds.items()
    ]
    return Counter({one["kind"]: one["count"] for one in first.union(*others, all=True)})


def counted(*together: tuple[Kinds, int]) -> Counter[str]:
    """
    Count each kind up to the number given with it, by its name; asks the database once.

    A million rows are never counted: whoever wants to say "more than 1,000" asks for 1,001.
    """
    parts = [
        rows.order_by().values_list(Value(name))[:at_most]
        for kinds, at_most in together
        for name, rows in kinds.items()
    ]
    if not parts:
        return Counter()
    first, *others = parts
    return Counter(name for (name,) in first.union(*others, all=True))
