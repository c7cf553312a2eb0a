"""Why, and why not: every decision about a message, a visit or a patient, in its order."""
