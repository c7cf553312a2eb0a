"""Signing in: the second step, the password once more, another person at the same desk."""
