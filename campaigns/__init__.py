"""Invitations and health campaigns: who gets them, and how far a run has come."""
