"""What a row names of other rows, in one statement: an audience has seven such lists."""

from typing import Any

from django.db.models import CharField, ManyToManyField, Model, QuerySet, Value


def named_by(row: Model) -> dict[str, list[int]]:
    """Return the primary keys, in order, of what each many-to-many field of a saved row names."""
    found: dict[str, list[int]] = {field.name: [] for field in row._meta.many_to_many}
    parts = [_named(row, field) for field in row._meta.many_to_many]
    if row.pk is None or not parts:
        return found
    for name, key in parts[0].union(*parts[1:], all=True):
        found[name].append(key)
    return {name: sorted(keys) for name, keys in found.items()}


def keep_named(row: Model) -> None:
    """Have what the row names at hand, by their primary keys alone: what a form compares."""
    kept = row.__dict__.setdefault("_prefetched_objects_cache", {})
    for name, keys in named_by(row).items():
        model: Any = row._meta.get_field(name).related_model
        rows = model._default_manager.none()
        rows._result_cache = [model.from_db(None, ["id"], [key]) for key in keys]
        kept[name] = rows


def _named(row: Model, field: "ManyToManyField[Any, Any]") -> "QuerySet[Any, Any]":
    through: Any = field.remote_field.through
    rows: QuerySet[Any, Any] = through._default_manager.filter(**{field.m2m_field_name(): row.pk})
    name = Value(field.name, output_field=CharField())
    return rows.values_list(name, f"{field.m2m_reverse_field_name()}_id")
