"""Signs of life, and what the sweepers found."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When one kind of process last worked, on one host; by the database's real clock."""

    pk = models.CompositePrimaryKey("part", "host")
    part = models.CharField(_("what"), max_length=20)
    host = models.CharField(_("where"), max_length=64)
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return f"{self.part} on {self.host}"


class Sweep(models.Model):
    """The last look of one sweeper: what it found, and whether it broke."""

    name = models.CharField(_("what"), max_length=40, primary_key=True)
    ran_at = models.DateTimeField(_("last look"))
    seconds = models.FloatField(_("took"), default=0, db_default=0)
    found = models.PositiveIntegerField(_("found"), default=0, db_default=0)
    found_in_all = models.PositiveBigIntegerField(_("found so far"), default=0, db_default=0)
    found_at = models.DateTimeField(_("last found something"), null=True, blank=True)
    # The kind of error only: its words may repeat what stands in a row.
    broke_with = models.CharField(_("broke with"), max_length=80, blank=True, db_default="")
    broke_at = models.DateTimeField(_("broke"), null=True, blank=True)
    # Since when every look has broken; NULL where the last one did not.
    broke_since = models.DateTimeField(_("breaks since"), null=True, blank=True)

    class Meta:
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")

    def __str__(self) -> str:
        return self.name
