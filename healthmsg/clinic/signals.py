"""What happens on the ground floor, and the floors above have to do something about."""

from django.dispatch import Signal

# Sent when stops were written, in their transaction; the desk keeps them outside the database too.
stop_written = Signal()
