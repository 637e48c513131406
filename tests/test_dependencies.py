"""Every package is pinned, listed with its licence, and under one that asks for nothing a user could not give."""

import json
import re

import pytest

from tests.dependencies import EXTRAS, MAIN, ROOT, TABLE, bill_of_materials, is_permissive, packages, required


@pytest.fixture(scope="module")
def found():
    """What is installed."""
    return packages()


@pytest.fixture(scope="module")
def wanted():
    """Name → version of what the program and its extras name."""
    return {name: version for file in (MAIN, *EXTRAS) for name, version in required(file).items()}


def test_every_requirement_is_pinned():
    for file in (MAIN, *EXTRAS, "tests/requirements.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
        assert not [line for line in lines if line and not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", line)]


def test_every_file_of_requirements_is_listed():
    files = {str(path.relative_to(ROOT)) for part in (".", "core", "dashboard") for path in (ROOT / part).glob("requirements*.txt")}
    assert files == {MAIN, *EXTRAS}


def test_the_tests_install_the_extras_as_they_are():
    tested = required("tests/requirements.txt")
    assert {name: tested.get(name) for file in EXTRAS for name in required(file)} == {
        name: version for file in EXTRAS for name, version in required(file).items()
    }


def test_what_is_installed_is_what_is_required(found, wanted):
    assert {one.name: one.version for one in found if one.is_named} == wanted


def test_what_an_extra_brings_is_told_apart(found):
    """Each package with the first file that brings it; cryptography comes with Authlib alone."""
    files = {one.name: one.file for one in found}
    assert (files["torch"], files["jinja2"], files["authlib"], files["cryptography"]) == (MAIN, MAIN, *[next(iter(EXTRAS))] * 2)


def test_every_licence_is_permissive(found, wanted):
    assert len(found) > len(wanted)
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


def test_the_bill_of_materials_covers_it_all(found, wanted):
    bom = json.loads(json.dumps(bill_of_materials(found)))
    assert bom["bomFormat"] == "CycloneDX" and re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bom["serialNumber"])
    components = {component["name"]: component for component in bom["components"]}
    assert wanted.items() <= {name: one["version"] for name, one in components.items()}.items()
    assert len({one["bom-ref"] for one in components.values()}) == len(found)
    assert all(one["purl"].startswith("pkg:pypi/") and one["licenses"][0]["expression"] for one in components.values())
    assert {name for name, one in components.items() if one["scope"] == "optional"} == {one.name for one in found if one.file != MAIN}
    assert len(bom["dependencies"][0]["dependsOn"]) == len(wanted)
