"""The house's own source, read as syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("healthmsg", "whatsapp", "reminders", "campaigns")


@dataclass(frozen=True)
class Module:
    """One Python file; `name` is its path from the top, with slashes."""

    name: str
    text: str
    tree: ast.Module

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.name

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return every module below these folders; of the product's four packages if none is named."""
    return tuple(
        Module(str(path.relative_to(ROOT)), text := path.read_text(), ast.parse(text))
        for folder in folders or PRODUCT
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


def written(node: ast.AST) -> str:
    """Return the node as it would be written."""
    return ast.unparse(node)
