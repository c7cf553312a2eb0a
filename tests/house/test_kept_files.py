"""Files of others that the desk's pages load: kept here, with their licence and version."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.house.source import PRODUCT, ROOT

KEPT = ROOT / "healthmsg/desk/static/kept"
_LOADED = re.compile(r"""{%\s*static\s+['"]([^'"]+)['"]""")
# Unfold's own pages, which ours stand in for, may load what is Unfold's.
TEMPLATES = [
    path
    for folder in PRODUCT
    for path in sorted((ROOT / folder).rglob("templates/**/*.html"))
    if "templates/unfold/" not in str(path)
]


def loaded(template: Path) -> list[str]:
    return _LOADED.findall(template.read_text())


def test_no_page_of_ours_loads_a_file_of_unfold() -> None:
    found = {str(path.relative_to(ROOT)): loaded(path) for path in TEMPLATES}

    assert "kept/chart/chart.js" in found["healthmsg/desk/templates/desk/trends.html"]
    assert {
        name for name, files in found.items() if any("unfold/" in one for one in files)
    } == set()


def test_what_is_kept_of_others_is_found_and_loaded() -> None:
    files = {one for path in TEMPLATES for one in loaded(path) if one.startswith("kept/")}

    assert {one.split("/")[1] for one in files} == {path.name for path in KEPT.iterdir()}
    assert [one for one in files if finders.find(one) != str(KEPT.parent / one)] == []


@pytest.mark.parametrize("folder", sorted(KEPT.iterdir()), ids=lambda folder: folder.name)
def test_licence_and_version_stand_beside_what_is_kept(folder: Path) -> None:
    assert "Copyright" in (folder / "LICENSE").read_text()
    assert "licen" in (folder / "VERSION").read_text().lower()


def test_the_version_written_down_is_the_one_in_the_file() -> None:
    (inside,) = re.findall(r'version="([\d.]+)"', (KEPT / "chart/chart.js").read_text())

    assert (KEPT / "chart/VERSION").read_text().startswith(f"Chart.js {inside},")
