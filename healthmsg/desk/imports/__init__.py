"""Patients, permissions, stops, doses and visits from other systems: read, looked at, applied."""
