"""Notices to clinicians on their own numbers."""
