"""Why a row of a file is not taken over, or is taken over otherwise than it says (pure)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Reason(TextChoices):
    """What stands beside a row and its column; never what was in the cell."""

    MISSING = "MISSING", _("nothing stands here, and something must")
    TOO_LONG = "TOO_LONG", _("too long")
    BROKEN_LETTERS = "BROKEN_LETTERS", _("letters are broken: save the file as UTF-8")
    EXCEL_ERROR = "EXCEL_ERROR", _("an error of the spreadsheet stands here, such as #N/A")
    SCIENTIFIC = (
        "SCIENTIFIC",
        _("Excel has shortened the number, as in 5,49E+12: make the column text and fill it again"),
    )
    # Numbers of telephones.
    TWO_NUMBERS = "TWO_NUMBERS", _("two numbers in one cell: give each a row of its own")
    LETTERS = "LETTERS", _("letters in a telephone number")
    LOST_ZERO = "LOST_ZERO", _("a zero at the beginning is lost: make the column text")
    LOST_PLUS = (
        "LOST_PLUS",
        _("it may be a number of another country that has lost its +: write it with +"),
    )
    NO_NUMBER = "NO_NUMBER", _("no such telephone number exists")
    # Days and times.
    NO_DAY = "NO_DAY", _("this is not a day")
    YEAR_ALONE = "YEAR_ALONE", _("a year alone is not a day")
    OTHER_ORDER = "OTHER_ORDER", _("no such day, with day and month in the order chosen")
    NO_TIME = "NO_TIME", _("this is not a time of day")
    NO_SUCH_HOUR = "NO_SUCH_HOUR", _("clocks are put forward that night: this hour does not exist")
    IN_FUTURE = "IN_FUTURE", _("this day has not come yet")
    LONG_AGO = "LONG_AGO", _("this day is too long ago")
    # Words.
    UNKNOWN_WORD = "UNKNOWN_WORD", _("this word is not known here")
    NO_LANGUAGE = "NO_LANGUAGE", _("this language is not known here")
    # What it names.
    LOST_ZEROS = (
        "LOST_ZEROS",
        _("zeros at the beginning may be lost: an identifier is known that has them"),
    )
    UNKNOWN_PATIENT = "UNKNOWN_PATIENT", _("nobody is known by this identifier")
    UNKNOWN_VACCINE = "UNKNOWN_VACCINE", _("this vaccine is not known here")
    UNKNOWN_SITE = "UNKNOWN_SITE", _("this site is not known here")
    UNKNOWN_KIND = "UNKNOWN_KIND", _("this kind of visit is not known here")
    UNKNOWN_CLINICIAN = "UNKNOWN_CLINICIAN", _("this clinician is not known here")
    TWICE = "TWICE", _("stands in the file a second time")
    # Visits.
    OTHER_PATIENT = "OTHER_PATIENT", _("the visit with this identifier is another patient's")
    NOT_BOOKED = "NOT_BOOKED", _("not possible now: the visit is not booked any more")
    PAST = "PAST", _("the time is over")
    SAME_TIME = "SAME_TIME", _("the patient has such a visit at this time already")
    REFUSED = "REFUSED", _("it could not be written down as it stands")
    WAS_DELETED = "WAS_DELETED", _("was deleted on request: not brought back")
    # Notes: the row counts, and something about it should be known.
    STOP_STANDS = "STOP_STANDS", _("asked us to stop: the permission in the file changes nothing")
    NO_STANDS = "NO_STANDS", _("said no to us: the permission in the file changes nothing")
    YES_SINCE = "YES_SINCE", _("said yes to us after this stop: it changes nothing")
    WRONG_PERSON = "WRONG_PERSON", _("this number belongs to somebody else: not taken over")
    MARKED_MISTAKE = "MARKED_MISTAKE", _("marked as a mistake here: not brought back")
    CANCELLED_HERE = "CANCELLED_HERE", _("cancelled here, and booked in the file: stays cancelled")
    BESIDE = "BESIDE", _("the clinician sees somebody else then: booked beside it")
    OTHER_KIND = "OTHER_KIND", _("another kind of visit than here: the kind stays")


class Unreadable(ValueError):
    """A cell says nothing that could be used; the message is the reason, never the cell."""

    def __init__(self, reason: Reason, column: str = "") -> None:
        super().__init__(reason.value)
        self.reason, self.column = reason, column
