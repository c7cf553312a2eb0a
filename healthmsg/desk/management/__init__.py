"""Django commands of the roof."""
