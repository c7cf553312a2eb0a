"""The running house."""

from tests.running_house import house, house_processes, practice

__all__ = ["house", "house_processes", "practice"]
