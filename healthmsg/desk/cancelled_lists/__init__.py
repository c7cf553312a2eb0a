"""A clinician's list that cannot take place: cancelled, moved or handed over, visit by visit."""
