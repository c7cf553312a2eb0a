"""What can go wrong with the embedded servers."""


class NotStarted(Exception):
    """The embedded servers do not run; the text says why, often with the log's end."""
