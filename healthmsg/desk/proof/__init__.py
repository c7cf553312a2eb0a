"""Proof of permissions: who allowed what, in which words, and what was sent under it."""
