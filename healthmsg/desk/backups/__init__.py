"""A sealed copy of the database, its way back, and what keeps a copy from writing to patients."""
