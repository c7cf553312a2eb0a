"""Identifiers of other systems, one spelling for each."""

from typing import TYPE_CHECKING, Any

from django.db import models

from healthmsg.clinic.folding import latin_digits

if TYPE_CHECKING:
    Words = models.CharField[str, str]
else:
    Words = models.CharField


class IdentifierField(Words):
    """
    An identifier: kept and looked for in Latin digits, whichever keyboard wrote it.

    So ١٢٣ and 123 are one to every search, to the constraint that lets one patient have it, and to
    files.
    """

    def to_python(self, value: Any) -> Any:
        return _latin(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return _latin(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's
        kept = _latin(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, kept)
        return kept

    def deconstruct(self) -> Any:
        # The column is one of words: migrations need not know how it is spelt.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def _latin(value: Any) -> Any:
    return latin_digits(value) if isinstance(value, str) else value
