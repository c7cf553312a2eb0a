"""What happened, by whom and from where: notes in clear for a minute, then a sealed book."""

from collections.abc import Iterable

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models.kept import kept, not_emptied


class AuditKind(models.TextChoices):
    CHANGE = "CHANGE", _("changed")
    VIEW = "VIEW", _("looked at")
    EXPORT = "EXPORT", _("taken out as a file")
    SIGN_IN = "SIGN_IN", _("signed in")
    SIGN_OUT = "SIGN_OUT", _("signed out")
    SIGN_IN_FAILED = "SIGN_IN_FAILED", _("tried to sign in")


class AuditVerb(models.TextChoices):
    INSERT = "INSERT", _("entered")
    UPDATE = "UPDATE", _("changed")
    DELETE = "DELETE", _("removed")


class AuditFact(models.Model):
    """What a note and the sealed line made of it both tell; numbers, so that people may go."""

    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("what"), max_length=16, choices=AuditKind)
    verb = models.CharField(max_length=8, choices=AuditVerb, blank=True, db_default="")
    by_id = models.BigIntegerField(_("who"), null=True)
    # Where no person did it: "task whatsapp.digest", "command setup"; "" is none of our programs.
    done_by = models.CharField(max_length=80, blank=True, db_default="")
    address = models.CharField(_("from where"), max_length=45, blank=True, db_default="")
    # The page's name, never its address: that may hold what somebody searched for.
    path = models.CharField(_("page"), max_length=120, blank=True, db_default="")
    clinic_id = models.BigIntegerField(null=True)
    model = models.CharField(_("what kind of row"), max_length=80, blank=True, db_default="")
    row_id = models.CharField(max_length=64, blank=True, db_default="")
    patient_id = models.BigIntegerField(_("patient"), null=True)
    rows = models.BigIntegerField(_("how many"), null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        abstract = True


class AuditNote(AuditFact):
    """
    Something that has just happened, until the next sealing.

    Without an index of its own: whoever changes something pays for one row and no more. It leaves
    only once a sealed line tells the same.
    """

    class Meta:
        verbose_name = _("note for the audit")
        verbose_name_plural = _("notes for the audit")
        triggers = [
            pgtrigger.Protect(name="audit_note_is_kept", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="audit_note_is_sealed_first",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM clinic_auditline WHERE note_id = OLD.id) THEN
                      RAISE EXCEPTION 'pgtrigger: Cannot delete a note that is not sealed';
                    END IF;
                    RETURN OLD;
                """,
            ),
            not_emptied("audit_note"),
        ]

    def __str__(self) -> str:
        return f"note #{self.pk} for the audit"


class AuditLine(AuditFact):
    """
    One line of the sealed book; each holds the hash of all before it.

    Of a patient, before and after stand in `secret` alone, under the patient's own key.
    """

    number = models.BigIntegerField(primary_key=True)
    note_id = models.BigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    secret = models.BinaryField(null=True)
    # Had a before or an after that went with the patient's key before it was sealed.
    is_removed = models.BooleanField(default=False)
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("line of the audit")
        verbose_name_plural = _("audit")
        indexes = [
            # The page: newest first, of one clinic, person, patient, kind or kind of row.
            models.Index(fields=["at", "number"], name="audit_by_time"),
            models.Index(fields=["clinic_id", "at", "number"], name="audit_of_clinic"),
            models.Index(fields=["by_id", "at", "number"], name="audit_of_person"),
            models.Index(
                fields=["patient_id", "at", "number"],
                name="audit_of_patient",
                condition=models.Q(patient_id__isnull=False),
            ),
            models.Index(fields=["kind", "at", "number"], name="audit_of_kind"),
            models.Index(fields=["model", "at", "number"], name="audit_of_model"),
            # What was done to a number, on the pages of its patients.
            models.Index(
                fields=["row_id"],
                name="audit_of_number",
                condition=models.Q(model="clinic.phone"),
            ),
            # A patient's page: what was done to numbers, which are no one patient's.
            models.Index(
                fields=["row_id", "at"],
                name="audit_of_phone",
                condition=models.Q(model="clinic.phone"),
            ),
            # Whom a list or a file showed: those lines are no one patient's.
            GinIndex(
                OpClass(KeyTransform("patients", "after"), name="jsonb_path_ops"),
                name="audit_of_lists",
                condition=models.Q(patient_id__isnull=True),
            ),
        ]
        triggers = kept("audit")

    def __str__(self) -> str:
        return f"line #{self.pk} of the audit"

    @staticmethod
    def about(patients: Iterable[int]) -> models.Q:
        """Return what finds the lines of these patients, and of lists that showed them."""
        known = list(patients)
        found = models.Q(patient_id__in=known)
        for patient in known:
            found |= models.Q(patient_id__isnull=True, after__patients__contains=[patient])
        return found


class AuditHead(models.Model):
    """The newest line's number and hash, vouched for by the key that the database does not know."""

    number = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=bytes)
    vouched = models.BinaryField(max_length=32, default=bytes)
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("end of the audit")
        verbose_name_plural = _("ends of the audit")
        triggers = [
            pgtrigger.Protect(name="audit_end_stays", operation=pgtrigger.Delete),
            not_emptied("audit_end"),
        ]

    def __str__(self) -> str:
        return f"end #{self.pk} of the audit"


class AuditStart(models.Model):
    """The last line that was let go after its time, and its hash: what is left begins behind it."""

    number = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=bytes)
    vouched = models.BinaryField(max_length=32, default=bytes)
    cut_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("beginning of the audit")
        verbose_name_plural = _("beginnings of the audit")
        triggers = [
            pgtrigger.Protect(name="audit_start_stays", operation=pgtrigger.Delete),
            not_emptied("audit_start"),
        ]

    def __str__(self) -> str:
        return f"beginning #{self.pk} of the audit"


class PatientKey(models.Model):
    """
    The key under which a patient's texts in the audit are kept, itself kept under the house's keys.

    The row outlives the key: a patient whose key was destroyed never gets another.
    """

    patient_id = models.BigIntegerField(primary_key=True)
    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("key of a patient")
        verbose_name_plural = _("keys of patients")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped__isnull=False, destroyed_at=None)
                | models.Q(wrapped=None, destroyed_at__isnull=False),
                name="patient_key_there_or_destroyed",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="patient_key_row_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="patient_key_stays_destroyed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__destroyed_at__isnull=False),
            ),
            not_emptied("patient_key"),
        ]

    def __str__(self) -> str:
        return f"key of patient #{self.pk}"
