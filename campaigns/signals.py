"""What happens to a run that a worker should hear of at once."""

from django.dispatch import Signal

# Sent when a run was started; tasks.py rings the worker once that is committed.
run_started = Signal()
