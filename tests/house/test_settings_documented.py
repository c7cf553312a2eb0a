"""The environment: what is read is written down, and what is written down is read."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import ROOT, Module, modules, written

# Set by ourselves, by Celery or by Django's own programs, never by a clinic.
_NOT_FOR_CLINICS = {
    *("DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE", "CELERY_SKIP_CHECKS"),
    # The demo's words to itself when it starts anew, on a clock of its own.
    *("HEALTHMSG_DEMO", "HEALTHMSG_DEMO_DOOR"),
}
_READERS = re.compile(r"(env(\.\w+)?|os\.environ\.(get|setdefault|pop)|os\.getenv|environ\.get)")


def read_by(module: Module) -> Iterator[str]:
    for call in module.calls():
        if call.args and _READERS.fullmatch(written(call.func)):
            yield from _constant(call.args[0], module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Subscript) and written(node.value) == "os.environ":
            yield from _constant(node.slice, module)


def _constant(node: ast.expr, module: Module) -> Iterator[str]:
    """A name that is written out, or kept in a constant of the same module."""
    if isinstance(node, ast.Name):
        found = re.search(rf'^{node.id} = "([A-Z_]+)"', module.text, re.MULTILINE)
        node = ast.Constant(found[1]) if found else node
    if isinstance(node, ast.Constant) and str(node.value).isupper():
        yield str(node.value)


def variables_read() -> set[str]:
    in_python = {name for module in modules() for name in read_by(module)}
    in_procfile = re.findall(r"\$\{?([A-Z_]+)", (ROOT / "Procfile").read_text())
    return (in_python | set(in_procfile)) - _NOT_FOR_CLINICS


def documented() -> list[str]:
    return re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_every_variable_that_is_read_is_in_the_example() -> None:
    assert variables_read() - set(documented()) == set()


def test_every_variable_of_the_example_is_read() -> None:
    assert set(documented()) - variables_read() == set()


def test_the_example_names_each_once_and_sets_none() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert len(documented()) == len(set(documented()))
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_every_variable_of_the_example_is_explained() -> None:
    """Nearest line above that is not a variable: a sentence."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    above = ""
    for line in lines:
        if not line.startswith("#") or line.startswith("# "):
            above = line
        else:
            assert re.match(r"# .+\.( .+)?$|# .+token_urlsafe.+$", above), line


def test_the_environment_is_read_in_few_places() -> None:
    readers = {module.name for module in modules() if list(read_by(module))}

    assert readers == {
        "healthmsg/asgi.py",
        "healthmsg/celery.py",
        "healthmsg/clock.py",
        "healthmsg/desk/demo/beginning.py",
        "healthmsg/desk/management/commands/setup.py",
        "healthmsg/settings.py",
        "whatsapp/door.py",
        "whatsapp/sandbox/clock.py",
    }
