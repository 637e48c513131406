"""Every package is pinned, listed with its licence, and under one that asks for nothing a user could not give."""

import json
import re
from pathlib import Path

import pytest

from tests.dependencies import ROOT, TABLE, bill_of_materials, is_permissive, packages, required


@pytest.fixture(scope="module")
def found():
    """What is installed."""
    return packages()


def test_every_requirement_is_pinned():
    for file in ("requirements.txt", "tests/requirements.txt", "core/requirements-cluster.txt", "dashboard/requirements-signin.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
        assert not [line for line in lines if line and not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", line)]


def test_what_is_installed_is_what_is_required(found):
    assert {one.name: one.version for one in found if one.is_named} == required()


def test_every_licence_is_permissive(found):
    assert len(found) > len(required())
    assert not {one.name: one.licence for one in found if not is_permissive(one.licence)}


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "MIT AND GPL-2.0-or-later", "unknown", "", "GPL-2.0 OR AGPL-3.0"])
def test_others_would_be_seen(licence):
    assert not is_permissive(licence) and is_permissive("Apache-2.0 OR GPL-2.0") and is_permissive("MIT AND (BSD-2-Clause OR GPL-2.0)")


def test_the_table_is_up_to_date(found):
    """Of what other packages bring along, releases of theirs may add to it: those are looked at above."""
    listed = {line.split(" | ")[0].removeprefix("| "): line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")}
    assert [one.name for one in found if one.is_named and listed.get(one.name) != f"| {one.name} | {one.version} | {one.licence} |"] == [], (
        "Renew it: python -m tests.dependencies --write"
    )


def test_the_bill_of_materials_covers_it_all(found, tmp_path: Path):
    bom = json.loads(json.dumps(bill_of_materials(found)))
    assert bom["bomFormat"] == "CycloneDX" and re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bom["serialNumber"])
    components = {component["name"]: component for component in bom["components"]}
    assert required().items() <= {name: one["version"] for name, one in components.items()}.items()
    assert len({one["bom-ref"] for one in components.values()}) == len(found)
    assert all(one["purl"].startswith("pkg:pypi/") and one["licenses"][0]["expression"] for one in components.values())
    assert len(bom["dependencies"][0]["dependsOn"]) == len(required())
