"""What is measured of the sending: histograms that hold for all processes and hosts together."""

from django.db import models


class MeasureName(models.TextChoices):
    # From the moment a message was due until WhatsApp took it.
    QUEUE_TO_ACCEPT = "queue_to_accept"
    # One call to WhatsApp, by what came of it.
    API_LATENCY = "api_latency"
    # From WhatsApp's yes until the phone had it, by WhatsApp's own clock.
    ACCEPTED_TO_DELIVERED = "accepted_to_delivered"


class Measure(models.Model):
    """
    How often something took at most so long, since ever: one bucket of one histogram.

    Rows are only ever added to; no index mentions what changes, so every change is heap-only.
    """

    pk = models.CompositePrimaryKey("name", "sender", "outcome", "up_to")
    name = models.CharField(max_length=24)
    # The id of our number, or "" for all; no key: what was measured outlives it.
    sender = models.CharField(max_length=20)
    outcome = models.CharField(max_length=12)
    # Seconds, inclusive; infinity in the last bucket.
    up_to = models.FloatField()
    count = models.BigIntegerField()
    seconds = models.FloatField()

    class Meta:
        verbose_name = "measure"

    def __str__(self) -> str:
        return f"{self.name} {self.up_to}"


class MeasureMark(models.Model):
    """What a bucket stood at some minutes ago: the last hour is the difference."""

    taken_at = models.DateTimeField(db_index=True)
    name = models.CharField(max_length=24)
    sender = models.CharField(max_length=20)
    outcome = models.CharField(max_length=12)
    up_to = models.FloatField()
    count = models.BigIntegerField()

    class Meta:
        verbose_name = "mark of a measure"

    def __str__(self) -> str:
        return f"{self.name} {self.up_to}"
