"""Whole ways through the house: HTTP, Celery, the door and the sandbox, all processes real."""
