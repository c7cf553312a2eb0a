"""A whole clinic in two minutes: its people, its day, its messages, and the sum at the end."""
