"""English, as a clinic writes it."""
