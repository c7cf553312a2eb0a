"""Reading JSON as Meta reads it: what is missing is 131008, what has the wrong shape is 131009."""

from typing import Any

from whatsapp.sandbox.graph_errors import GraphError

Json = dict[str, Any]


def missing(path: str) -> GraphError:
    return GraphError(131008, f"Parameter '{path}' is required.")


def wrong(path: str, expected: str) -> GraphError:
    return GraphError(131009, f"Parameter '{path}' is not valid: expected {expected}.")


def text_at(holder: Json, key: str, path: str, *, longest: int = 0) -> str:
    """Return the text that must be there; an empty one counts as missing."""
    text = holder.get(key)
    if text is None or text == "":
        raise missing(f"{path}{key}")
    if not isinstance(text, str):
        raise wrong(f"{path}{key}", "a string")
    if longest and len(text) > longest:
        raise too_long(f"{path}{key}", longest)
    return text


def optional_text_at(holder: Json, key: str, path: str, *, longest: int = 0) -> str:
    return "" if holder.get(key) is None else text_at(holder, key, path, longest=longest)


def object_at(holder: Json, key: str, path: str = "") -> Json:
    inner = holder.get(key)
    if inner is None:
        raise missing(f"{path}{key}")
    if not isinstance(inner, dict):
        raise wrong(f"{path}{key}", "an object")
    return inner


def optional_object_at(holder: Json, key: str, path: str = "") -> Json:
    return {} if holder.get(key) is None else object_at(holder, key, path)


def objects_at(holder: Json, key: str, path: str, *, fewest: int = 1, most: int = 0) -> list[Json]:
    """Return a list of objects within its bounds."""
    inner = holder.get(key)
    if inner is None:
        raise missing(f"{path}{key}")
    if not isinstance(inner, list):
        raise wrong(f"{path}{key}", "a list of objects")
    for one in inner:  # a loop: it costs a third of all() on the hot path
        if not isinstance(one, dict):
            raise wrong(f"{path}{key}", "a list of objects")
    if len(inner) < fewest or (most and len(inner) > most):
        raise wrong(f"{path}{key}", f"{fewest} to {most} entries")
    return inner


def too_long(path: str, longest: int) -> GraphError:
    return GraphError(100, f"Param {path} must be at most {longest} characters long.")
