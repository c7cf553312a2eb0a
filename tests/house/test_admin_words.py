"""Every word of the admin's pages is translated: labels, columns, filters, headings, choices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.db.models import Model
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation

from healthmsg.clinic import audited
from healthmsg.clinic.models import Clinician, Site, StaffUser
from healthmsg.desk import audit_words
from tests.house.test_admin_pages import MODELS, rows
from whatsapp.models import Binding, Template

__all__ = ["rows"]

# Who reads Spanish reads these as they are: the same word in both languages, names, signs.
SAME_IN_SPANISH = {
    *("albania", "australia", "austria", "bahamas", "yemen"),
    *("bytes", "dari (afghanistan)", "no", "whatsapp"),
    *("filipino", "hausa", "hindi", "lao", "tamil", "telugu", "urdu"),
}
# Countries and cities, which the books name: many are called the same in both languages.
NAMES_OF_PLACES = ("time_zone",)


@pytest.fixture
def request_of_all(db: None, rf: RequestFactory) -> HttpRequest:
    request = rf.get("/")
    request.user = StaffUser.objects.create(username="all", is_staff=True, is_superuser=True)
    return request


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_page_says_every_word_in_spanish(
    model: type[Model], request_of_all: HttpRequest, rows: Mapping[str, Model]
) -> None:
    page = admin.site._registry[model]
    said = partial(_said, page, request_of_all, rows[model._meta.label])

    left = _left_in_english(said)

    assert [one for one in left if one[1] not in _names_people_gave()] == []


def test_the_audit_names_every_column_in_spanish() -> None:
    assert _left_in_english(_columns) == []


def _left_in_english(said: Callable[[], Iterable[tuple[str, Any]]]) -> list[tuple[str, str]]:
    """Return where a word stays what it is in English, and the word."""
    found = {}
    for language in ("en", "es"):
        with translation.override(language):
            found[language] = [(where, str(word or "")) for where, word in said()]
    assert [where for where, _word in found["en"]] == [where for where, _word in found["es"]]
    return [
        (where, word)
        for (where, word), (_same, spanish) in zip(found["en"], found["es"], strict=True)
        if word == spanish and word.lower() not in SAME_IN_SPANISH and any(map(str.isalpha, word))
    ]


def _said(page: Any, request: HttpRequest, row: Model) -> Iterator[tuple[str, Any]]:
    yield from _names(page.model)
    yield from _list(page, request)
    for about in (None, row):
        yield from _page(page, request, about)
        for inline in page.get_inline_instances(request, about):
            yield from _inline(inline, request, about)


def _names(model: type[Model]) -> Iterator[tuple[str, Any]]:
    yield "name", model._meta.verbose_name
    yield "name of many", model._meta.verbose_name_plural


def _list(page: Any, request: HttpRequest) -> Iterator[tuple[str, Any]]:
    for name in page.get_list_display(request):
        if name != "action_checkbox":
            where = getattr(name, "__name__", name)
            yield f"column {where}", label_for_field(name, page.model, page)
    for _function, name, words in page.get_actions(request).values():
        yield f"act {name}", words
    yield "help for searching", page.search_help_text
    listed = page.get_changelist_instance(request)
    for one in listed.filter_specs:
        yield f"filter {one.title}".split(" ")[0], one.title
        if not hasattr(one, "lookup_kwarg_isnull") or not one.field.is_relation:
            for choice in one.choices(listed):
                yield "choice of a filter", choice.get("display", "")


def _page(page: Any, request: HttpRequest, row: Model | None) -> Iterator[tuple[str, Any]]:
    fieldsets = page.get_fieldsets(request, row)
    for heading, options in fieldsets:
        yield "heading", heading
        yield "under a heading", options.get("description")
    form = page.get_form(request, row, change=row is not None)
    yield from _fields(page, request, row, form, flatten_fieldsets(fieldsets))


def _inline(inline: Any, request: HttpRequest, row: Model | None) -> Iterator[tuple[str, Any]]:
    yield "name", inline.verbose_name
    yield "name of many", inline.verbose_name_plural
    form = inline.get_formset(request, row).form
    names = flatten_fieldsets(inline.get_fieldsets(request, row))
    yield from _fields(inline, request, row, form, names)


def _fields(
    page: Any, request: HttpRequest, row: Model | None, form: Any, names: list[str]
) -> Iterator[tuple[str, Any]]:
    read_only = set(page.get_readonly_fields(request, row))
    for name in names:
        field = form.base_fields.get(name)
        if field is None or name in read_only:
            yield f"read only {name}", label_for_field(name, page.model, page)
            continue
        yield f"label {name}", field.label or label_for_field(name, page.model, page)
        yield f"help {name}", field.help_text
        if not isinstance(field, ModelChoiceField):
            choices = () if name in NAMES_OF_PLACES else getattr(field, "choices", ())
            yield from ((f"choice of {name}", words) for _value, words in choices)


def _columns() -> Iterator[tuple[str, Any]]:
    for model, watched in audited.watched().items():
        yield model._meta.label, audit_words.kind_of_row(model._meta.label)
        for field in model._meta.concrete_fields:
            is_said = field.column in (watched.only or {field.column})
            if field.primary_key or field.column in watched.silent or not is_said:
                continue
            where = f"{model._meta.label}.{field.name}"
            yield where, audit_words.column_in_words(model, str(field.column))
            yield from ((where, words) for _value, words in field.flatchoices)


def _names_people_gave() -> set[str]:
    """Return names of rows, as they stand among a filter's or a field's choices."""
    return {
        *StaffUser.objects.values_list("username", flat=True),
        *Clinician.objects.values_list("name", flat=True),
        *Site.objects.values_list("name", flat=True),
        *Template.objects.values_list("name", flat=True),
        *Binding.objects.values_list("template_name", flat=True),
    }
