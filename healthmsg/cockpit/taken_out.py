"""Rows that somebody took out of a page while somebody else had it open."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.forms.formsets import DELETION_FIELD_NAME

from healthmsg.cockpit import as_shown

Row = dict[str, list[str]]


def without(formset: Any, queryset: Any, then: Mapping[str, str]) -> Any:
    """
    Return the same rows without those that are gone by now, which Django would never save.

    What somebody has typed into one of them stands as a new row, and nothing of it is lost.

    :param then: what the page showed, by its keys; see `as_shown`
    """
    gone = {
        place: form
        for place, form in enumerate(formset.initial_forms)
        if form.instance.pk is None and _key(formset, place) in then
    }
    if not gone:
        return formset
    typed = [place for place, form in gone.items() if _is_typed(form, _key(formset, place), then)]
    rows = [_row(formset, place) for place in range(formset.total_form_count())]
    before = formset.initial_form_count()
    kept = [row for place, row in enumerate(rows[:before]) if place not in gone]
    anew = [rows[place] | {_id(formset): [""]} for place in typed]
    fresh = type(formset)(
        data=_written(formset, [*kept, *rows[before:], *anew], len(kept)),
        files=formset.files,
        instance=formset.instance,
        prefix=formset.prefix,
        queryset=queryset,
    )
    fresh.typed_into = {_key(formset, place) for place in typed}
    return fresh


def _id(formset: Any) -> str:
    return str(formset.model._meta.pk.name)


def _key(formset: Any, place: int) -> str:
    pk = formset.data.get(f"{formset.add_prefix(place)}-{_id(formset)}", "")
    return f"{formset.prefix}:{pk}"


def _is_typed(form: Any, key: str, then: Mapping[str, str]) -> bool:
    """True where something else is sent than was shown, and the row was not taken out here too."""
    form.errors  # noqa: B018 - reads it
    if form.cleaned_data.get(DELETION_FIELD_NAME):
        return False
    asked = form.fields.keys() - {DELETION_FIELD_NAME, form.instance._meta.pk.name}
    shown = {name: then[f"{key}:{name}"] for name in asked if f"{key}:{name}" in then}
    return any(
        told not in as_shown.typed(f"{key}:{name}", as_shown.Place(form, name))
        for name, told in shown.items()
    )


def _row(formset: Any, place: int) -> Row:
    prefix = f"{formset.add_prefix(place)}-"
    return {key.removeprefix(prefix): formset.data.getlist(key) for key in _keys(formset, prefix)}


def _keys(formset: Any, prefix: str) -> Iterator[str]:
    return (key for key in formset.data if key.startswith(prefix))


def _written(formset: Any, rows: list[Row], initial: int) -> Any:
    sent = formset.data.copy()
    for place in range(formset.total_form_count()):
        for key in list(_keys(formset, f"{formset.add_prefix(place)}-")):
            sent.pop(key, None)
    for place, row in enumerate(rows):
        for name, values in row.items():
            sent.setlist(f"{formset.add_prefix(place)}-{name}", values)
    sent[f"{formset.prefix}-TOTAL_FORMS"] = str(len(rows))
    sent[f"{formset.prefix}-INITIAL_FORMS"] = str(initial)
    return sent
