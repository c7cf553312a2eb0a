"""The incident register: what went wrong with patients' data, and what was done about it."""
