"""What the program rests on, and under which licences: `python -m tests.dependencies --write` renews LICENSES.md, `--bom FILE` writes a
software bill of materials (CycloneDX 1.6). Both are read from what is installed, the extras of sign-in and clusters left out.
"""

import argparse
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "LICENSES.md"
HEAD = """# Licences of what it rests on

Made by `python -m tests.dependencies --write` from the packages' own metadata, and held to requirements.txt by tests/test_dependencies.py.
The program itself, its embedded models included, is Apache-2.0 ([LICENSE](LICENSE)). None of these packages is copied into the repository.

## Named in requirements.txt

| package | version | licence |
|---|---|---|
"""
REST = """
## What those bring along

In versions of their own choosing; on other systems there may be others. A build of torch for NVIDIA's graphics cards brings triton (MIT)
and NVIDIA's own packages, under NVIDIA's licence.

| package | licence |
|---|---|
"""
SAME = {  # as classifiers or older metadata say it → by its SPDX name
    "MIT License": "MIT", "BSD License": "BSD-3-Clause", "3-Clause BSD License": "BSD-3-Clause", "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0", "Apache 2.0 License": "Apache-2.0", "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "ISC License (ISCL)": "ISC",
}  # fmt: skip
GPU_BUILD = ("nvidia-", "cuda-", "triton")  # that torch brings on a machine with a graphics card
PERMISSIVE = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "MIT",
    "MIT-CMU", "PSF-2.0", "Zlib", "MPL-2.0",  # the last asks for changed files of its own only, and none is changed
}  # fmt: skip


@dataclass(frozen=True)
class Package:
    """A package that is installed."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    is_named: bool
    """Whether requirements.txt names it, and no other package alone."""


def required() -> dict[str, str]:
    """Name → version of requirements.txt."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    return {_normal(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def packages() -> list[Package]:
    """All that requirements.txt brings here, sorted by name."""
    named, waiting, found = required(), [Requirement(name) for name in required()], {}
    while waiting:
        asked = waiting.pop()
        name = _normal(asked.name)
        if name in found or name.startswith(GPU_BUILD) or (asked.marker and not asked.marker.evaluate({"extra": ""})):
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue  # of another system
        found[name] = Package(name, installed.version.partition("+")[0], _licence(installed), name in named)
        waiting += [Requirement(line) for line in installed.requires or ()]
    return [found[name] for name in sorted(found)]


def is_permissive(licence: str) -> bool:
    """Whether every licence of the expression asks for no more than to be named, and of an "or" at least one does."""
    return all(any(one.strip(" ()") in PERMISSIVE for one in part.split(" OR ")) for part in licence.split(" AND "))


def write_table(found: list[Package]) -> str:
    """LICENSES.md."""
    named = (f"| {one.name} | {one.version} | {one.licence} |\n" for one in found if one.is_named)
    rest = (f"| {one.name} | {one.licence} |\n" for one in found if not one.is_named)
    return HEAD + "".join(named) + REST + "".join(rest)


def bill_of_materials(found: list[Package]) -> dict:
    """The same as CycloneDX has it."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([(one.name, one.version) for one in found]))}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "layer-saliency", "name": "layer-saliency"}},
        "components": list(_components(found)),
        "dependencies": [{"ref": "layer-saliency", "dependsOn": [_address(one) for one in found if one.is_named]}],
    }


def _components(found: list[Package]) -> Iterator[dict]:
    for one in found:
        licence = {"expression": one.licence}
        yield {
            "type": "library", "bom-ref": _address(one), "name": one.name, "version": one.version, "purl": _address(one), "licenses": [licence]
        }  # fmt: skip


def _address(package: Package) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _licence(installed: Distribution) -> str:
    said = installed.metadata
    if expression := said.get("License-Expression"):
        return expression
    classes = [line.split(" :: ")[-1] for line in said.get_all("Classifier", []) if line.startswith("License :: OSI Approved ::")]
    lines = classes or (said.get("License") or "unknown").strip().splitlines()[:1]
    return " AND ".join(SAME.get(line, line) for line in lines)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew LICENSES.md")
    parser.add_argument("--bom", type=Path, metavar="FILE", help="write a CycloneDX bill of materials")
    asked = parser.parse_args()
    if asked.write:
        TABLE.write_text(write_table(packages()), encoding="utf-8")
    if asked.bom:
        asked.bom.write_text(json.dumps(bill_of_materials(packages()), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
