"""Patients who were registered twice: found, made one, and parted again if it was a mistake."""
