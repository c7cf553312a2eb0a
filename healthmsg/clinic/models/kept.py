"""Rows that stay as they were written: triggers in the database, for whoever asks."""

from collections.abc import Sequence

import pgtrigger


def not_emptied(name: str) -> pgtrigger.Trigger:
    """Refuse to empty the table at once, which no trigger of a row sees."""
    return pgtrigger.Trigger(
        name=f"{name}_not_emptied",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'pgtrigger: Cannot empty table %', TG_TABLE_NAME;",
    )


def kept(name: str, *, but: Sequence[str] = ()) -> Sequence[pgtrigger.Trigger]:
    """
    Refuse every removal, and every change but of some fields.

    :param but: fields that say how it ended, or how far it has come
    """
    if not but:
        changes = pgtrigger.Update | pgtrigger.Delete
        return [pgtrigger.Protect(name=f"{name}_is_kept", operation=changes), not_emptied(name)]
    return [
        pgtrigger.ReadOnly(name=f"{name}_is_kept", exclude=list(but)),
        pgtrigger.Protect(name=f"{name}_stays", operation=pgtrigger.Delete),
        not_emptied(name),
    ]
