"""The rows of imports: a file, its pieces, its lines, and what was found in them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.imports.cells import Order
from healthmsg.desk.imports.reasons import Reason


class ImportKind(models.TextChoices):
    PATIENTS = "PATIENTS", _("patients, contacts and permissions")
    STOPS = "STOPS", _("numbers that asked to stop")
    DOSES = "DOSES", _("vaccinations")
    VISITS = "VISITS", _("visits")


class ImportState(models.TextChoices):
    READING = "READING", _("being read")
    CHECKING = "CHECKING", _("being checked")
    WAITS = "WAITS", _("waits for a look")
    APPLYING = "APPLYING", _("being taken over")
    DONE = "DONE", _("done")
    STOPPED = "STOPPED", _("stopped")
    FAILED = "FAILED", _("could not be read")


GOING = (ImportState.READING, ImportState.CHECKING, ImportState.APPLYING)
OVER = (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED)


class Question(models.TextChoices):
    """What a file that nobody uploaded by hand would not go on without."""

    DATE_ORDER = "DATE_ORDER", _("which comes first in 03/04/2020, the day or the month?")
    MANY_CHANGES = "MANY_CHANGES", _("it cancels or moves more than a tenth of the visits ahead")
    MANY_ERRORS = "MANY_ERRORS", _("more than a tenth of its rows cannot be taken over")
    UNSURE_MISSING = (
        "UNSURE_MISSING",
        _("some identifiers cannot be read, so nobody knows which visits it lacks"),
    )


class Failure(models.TextChoices):
    NO_TABLE = "NO_TABLE", _("this is neither a CSV nor an XLSX file")
    EMPTY = "EMPTY", _("there is no row below the headings")
    TOO_LARGE = "TOO_LARGE", _("the file is too large: cut it in parts")
    NO_COLUMN = "NO_COLUMN", _("a column is missing; the first row must hold the headings")
    COLUMN_TWICE = "COLUMN_TWICE", _("two columns have the same heading")
    BROKE = "BROKE", _("healthmsg broke off: tell whoever looks after it")


class Outcome(models.TextChoices):
    """What becomes of a row."""

    UNCHECKED = "", _("not checked yet")
    NEW = "NEW", _("new")
    CHANGED = "CHANGED", _("changed")
    MOVED = "MOVED", _("moved")
    CANCELLED = "CANCELLED", _("cancelled")
    UNCHANGED = "UNCHANGED", _("unchanged")
    LEFT_OUT = "LEFT_OUT", _("left out: over, or cancelled here")
    ERROR = "ERROR", _("cannot be taken over")


WRITES = (Outcome.NEW, Outcome.CHANGED, Outcome.MOVED, Outcome.CANCELLED)


class Import(models.Model):
    """
    One file on its way into the house.

    What stood in it is kept until it is taken over, stopped or has failed, and is deleted then;
    counts, and which rows had which errors, stay.
    """

    clinic = models.ForeignKey(
        Clinic, models.PROTECT, related_name="imports", verbose_name=_("clinic")
    )
    kind = models.CharField(_("what"), max_length=12, choices=ImportKind)
    file_name = models.CharField(_("file"), max_length=120)
    content_hash = models.CharField(max_length=64, editable=False)
    # Where it lay in the watched folder, until it is moved aside; from there it goes on by itself.
    is_automatic = models.BooleanField(_("from the watched folder"), default=False)
    found_at = models.CharField(max_length=400, blank=True, editable=False)
    date_order = models.CharField(
        _("days are written"),
        max_length=12,
        blank=True,
        choices=[
            (Order.DAY_FIRST.value, _("day first: 31/12/2020")),
            (Order.MONTH_FIRST.value, _("month first: 12/31/2020")),
        ],
    )
    # Which orders of day and month its cells have allowed, by column.
    date_evidence = models.JSONField(default=dict, editable=False)
    is_complete = models.BooleanField(_("complete: visits it lacks are cancelled"), default=False)
    complete_from = models.DateField(_("complete from"), null=True, blank=True)
    complete_until = models.DateField(_("complete until"), null=True, blank=True)
    # The first appointments of a clinic: patients know of them, so no confirmation goes out.
    is_first = models.BooleanField(default=False, editable=False)

    state = models.CharField(
        _("state"), max_length=10, choices=ImportState, default=ImportState.READING
    )
    question = models.CharField(max_length=16, choices=Question, blank=True)
    failure = models.CharField(max_length=14, choices=Failure, blank=True)
    # Names of our own columns, never what stood in the file.
    columns = ArrayField(models.CharField(max_length=30), default=list, editable=False)
    missing_columns = ArrayField(models.CharField(max_length=30), default=list, editable=False)
    unused_columns = models.PositiveIntegerField(default=0, editable=False)
    rows_read = models.PositiveIntegerField(_("rows"), default=0, editable=False)
    # Up to which row it was read and checked: what is killed goes on from there.
    last_row = models.PositiveIntegerField(default=0, editable=False)
    checked_to = models.PositiveIntegerField(default=0, editable=False)
    first_day = models.DateField(null=True, editable=False)
    last_day = models.DateField(null=True, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    applied_counts = models.JSONField(default=dict, editable=False)
    known_ahead = models.PositiveIntegerField(default=0, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)

    created_by = models.ForeignKey(
        StaffUser, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("since"))
    approved_by = models.ForeignKey(
        StaffUser, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ImportKind.values), name="import_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="import_state_known"
            ),
            # Nothing is taken over that a person has not let go on, or the folder's own rules.
            models.CheckConstraint(
                condition=~Q(state__in=["APPLYING", "DONE"])
                | Q(is_automatic=True)
                | Q(approved_by__isnull=False),
                name="import_somebody_let_it_go_on",
            ),
            models.CheckConstraint(
                condition=Q(complete_from=None)
                | Q(complete_until=None)
                | Q(complete_from__lte=models.F("complete_until")),
                name="import_days_forward",
            ),
            # A file of the watched folder is taken once, also by two who look at once.
            models.UniqueConstraint(
                fields=["clinic", "kind", "content_hash"],
                condition=Q(is_automatic=True) & ~Q(state__in=["STOPPED", "FAILED"]),
                name="import_a_found_file_once",
            ),
        ]
        indexes = [
            # What goes on by itself.
            models.Index(
                fields=["id"],
                name="import_going",
                condition=Q(state__in=["READING", "CHECKING", "APPLYING"]),
            ),
        ]

    def __str__(self) -> str:
        return f"import #{self.pk}"

    @property
    def is_going(self) -> bool:
        return self.state in GOING

    @property
    def is_over(self) -> bool:
        return self.state in OVER


class ImportPiece(models.Model):
    """A part of a file as it came; gone once its lines are read."""

    source = models.ForeignKey(Import, models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of a file")
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="import_piece_once")
        ]

    def __str__(self) -> str:
        return f"piece #{self.pk}"


class ImportRow(models.Model):
    """
    One line of a file, or one visit that the file lacks; gone once the import is over.

    Read, checked and taken over in portions: rows are written by statements of many, so the
    database checks nothing but the import they belong to.
    """

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="rows")
    # As a spreadsheet counts: the headings are 1. What the file lacks comes after its last row.
    number = models.PositiveIntegerField()
    cells = models.JSONField(default=dict)
    # What makes it one of its kind; a second row with it is an error.
    key = models.CharField(max_length=140, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    is_applied = models.BooleanField(default=False)
    # Names of our columns that differ.
    changes = ArrayField(models.CharField(max_length=30), default=list)
    # The visit that is missing, as it stood when that was noticed.
    visit_id = models.BigIntegerField(null=True)
    visit_version = models.PositiveIntegerField(null=True)
    # Taken over, and reminders have yet to follow.
    replan_patient_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("row of a file")
        verbose_name_plural = _("rows of a file")
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="import_outcome_known"
            ),
        ]
        indexes = [
            # Whether a row stands in the file twice, and which visits it lacks.
            models.Index(fields=["source", "key"], name="import_row_by_key"),
            # What is taken over next, and some of each outcome for the preview.
            models.Index(
                fields=["source", "outcome", "is_applied", "number"], name="import_row_by_outcome"
            ),
            models.Index(
                fields=["source"],
                name="import_row_to_replan",
                condition=Q(replan_patient_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"row #{self.pk}"


class Finding(models.Model):
    """Something about one row: which column, and why; never what stood there."""

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="findings")
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=30, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    is_error = models.BooleanField(default=True)
    # Found while it was taken over, after everything had been checked.
    is_late = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("finding in a file")
        verbose_name_plural = _("findings in a file")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "row", "column", "reason"], name="import_finding_once"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=Reason.values), name="import_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"finding #{self.pk}"


class FolderFile(models.Model):
    """A file in the watched folder as it was seen last: taken once it no longer grows."""

    path = models.CharField(max_length=400, unique=True)
    size = models.BigIntegerField()
    modified_ns = models.BigIntegerField()
    seen_at = models.DateTimeField()
    # Named wrongly, or taken already: nothing more to do with it as it is.
    is_settled = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("file in the watched folder")
        verbose_name_plural = _("files in the watched folder")

    def __str__(self) -> str:
        return f"file #{self.pk}"
