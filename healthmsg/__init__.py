"""The wiring of the house, its ground floor (clinic) and its roof (desk)."""
