"""What every file that somebody uploads as a table has to be, before anything is read of it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from healthmsg.desk.imports import tables
from healthmsg.desk.imports.models import Failure

ACCEPTED = ".csv,.txt,.tsv,.xlsx"
# So much of a file shows whether it is text.
_LOOKED_AT = 4096


def checked(file: Any) -> Any:
    """
    Return a file that may be a table.

    :raises ValidationError: too large, or surely something else
    """
    if file.size > tables.MOST_BYTES:
        raise ValidationError(_("The file is too large: cut it in parts."))
    begins = file.read(_LOOKED_AT)
    file.seek(0)
    # A spreadsheet is a packed file; a table in text of two bytes a sign says so at its start.
    if b"\x00" in begins and not begins.startswith((b"PK", b"\xff\xfe", b"\xfe\xff")):
        raise ValidationError(Failure.NO_TABLE.label)
    return file
