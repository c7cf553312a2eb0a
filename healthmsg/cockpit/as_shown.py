"""What a form shows: as a digest that travels with the page, and in words."""

from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

# A value somebody else wrote is quoted beside the field, not told at length.
_QUOTED = 200


class Place(NamedTuple):
    """A field of the form, or of a row on the same page."""

    form: Any
    name: str

    @property
    def field(self) -> Any:
        return self.form.fields[self.name]

    @property
    def stands(self) -> Any:
        return self.form[self.name].initial

    @property
    def is_typed(self) -> bool:
        return self.name in self.form.cleaned_data

    def label(self, *, is_of_row: bool) -> str:
        words = str(self.form[self.name].label)
        kind = capfirst(self.form._meta.model._meta.verbose_name)
        return f"{kind}: {words}" if is_of_row else words


def sealed(row: Model, form: Any, formsets: list[Any]) -> str:
    shown = {
        key: digest(key, place.field, place.stands) for key, place in places(form, formsets)
    } | {key: "" for formset in formsets for key in rows(formset)}
    at = timezone.now().timestamp()
    return signing.dumps({"at": at, "shown": shown}, salt=salt(row), compress=True)


def salt(row: Model) -> str:
    return f"healthmsg.as_shown:{row._meta.label}:{row.pk}"


def places(form: Any, formsets: list[Any]) -> Iterator[tuple[str, Place]]:
    """Yield every field that can be filled in, of the row and of the rows on its page."""
    yield from ((name, Place(form, name)) for name in _open(form))
    for formset in formsets:
        for one in formset.initial_forms:
            if one.instance.pk is not None:
                before = f"{formset.prefix}:{one.instance.pk}"
                yield from ((f"{before}:{name}", Place(one, name)) for name in _open(one))


def _open(form: Any) -> list[str]:
    return [name for name, field in form.fields.items() if not field.disabled]


def rows(formset: Any) -> list[str]:
    return [f"{formset.prefix}:{row.pk}" for row in formset.get_queryset()]


def digest(key: str, field: Any, value: Any) -> str:
    # Keyed, for a page may be kept where it was opened; and short, for some show a hundred fields.
    values = _plain(field.prepare_value(value), is_ordered=getattr(field, "is_ordered", False))
    text = "\0".join((key, *values))
    return salted_hmac("healthmsg.as_shown", text).hexdigest()[:12]


def typed(key: str, place: Place) -> set[str]:
    """
    Return the digests of what was sent, as it was typed and as the form understood it.

    A number, shown as it is spoken, is understood as it is dialed: untouched, it is the same.
    """
    sent = {digest(key, place.field, place.form[place.name].data)}
    if place.is_typed:
        sent.add(digest(key, place.field, place.form.cleaned_data[place.name]))
    return sent


def _plain(value: Any, *, is_ordered: bool = False) -> list[str]:
    """Return a value so that what was read from the row equals what a form made of it."""
    if isinstance(value, (list, tuple, set, QuerySet)):
        texts = [text for one in value for text in _plain(one)]
        return texts if is_ordered else sorted(texts)
    if isinstance(value, Model):
        return [str(value.pk)]
    if isinstance(value, datetime):
        value = (
            timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
        )
    if isinstance(value, (datetime, time)):
        return [value.replace(second=0, microsecond=0).isoformat()]
    if isinstance(value, Decimal):
        return [f"{value.normalize():f}"]
    return ["" if value is None else str(value).replace("\r\n", "\n").strip()]


def in_words(field: Any, value: Any) -> str | None:
    """Return what stands there now as the form would show it; None of what no form shows."""
    if isinstance(field.widget, forms.PasswordInput):
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    value = field.prepare_value(value)
    chosen = _plain(value, is_ordered=getattr(field, "is_ordered", False))
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        known = field.queryset.filter(pk__in=[one for one in chosen if one])
        return get_text_list([field.label_from_instance(one) for one in known], _("and")) or "–"
    if choices := getattr(field, "choices", None):
        named = {str(key): str(words) for key, words in _flat(choices)}
        return ", ".join(named.get(one, one) for one in chosen if one) or "–"
    if isinstance(field.widget, forms.MultiWidget):
        shown = [
            part.format_value(one)
            for part, one in zip(
                field.widget.widgets, field.widget.decompress(value) or (), strict=False
            )
        ]
        return " ".join(str(one) for one in shown if one) or "–"
    text = str(field.widget.format_value(value) or "–")
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]} …"


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, words in choices:
        if isinstance(words, (list, tuple)):
            yield from words
        else:
            yield key, words
