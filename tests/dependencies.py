"""What the program rests on, and under which licences: `python -m tests.dependencies --write` renews LICENSES.md, `--bom FILE` writes a
software bill of materials (CycloneDX 1.6). Both are read from what is installed, with the extras, which the tests install too.
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
MAIN = "requirements.txt"
EXTRAS = {"dashboard/requirements-signin.txt": "What sign-in needs", "core/requirements-cluster.txt": "What clusters need"}
HEAD = """# Licences of what it rests on

Made by `python -m tests.dependencies --write` from the packages' own metadata, and held to the files of requirements by
tests/test_dependencies.py.
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
EXTRA = """
## {what} besides, named in {file}

| package | version | licence |
|---|---|---|
"""
BROUGHT = """
and what that brings along:

| package | licence |
|---|---|
"""
SAME = {  # as classifiers or older metadata say it → by its SPDX name
    "MIT License": "MIT", "BSD License": "BSD-3-Clause", "3-Clause BSD License": "BSD-3-Clause", "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0", "Apache 2.0": "Apache-2.0", "Apache 2.0 License": "Apache-2.0", "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "ISC License (ISCL)": "ISC",
}  # fmt: skip
GPU_BUILD = ("nvidia-", "cuda-", "triton")  # that torch brings on a machine with a graphics card
PERMISSIVE = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "MIT",
    "MIT-0", "MIT-CMU", "PSF-2.0", "Zlib", "MPL-2.0",  # the last asks for changed files of its own only, and none is changed
}  # fmt: skip


@dataclass(frozen=True)
class Package:
    """A package that is installed."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    is_named: bool
    """Whether a file of requirements names it, and no other package alone."""
    file: str = MAIN
    """The first file that brings it."""


def required(file: str = MAIN) -> dict[str, str]:
    """Name → version of a file of requirements."""
    return {_normal(one.name): next(iter(one.specifier)).version for one in _lines(file)}


def packages() -> list[Package]:
    """All that the files of requirements bring here: file by file, sorted by name."""
    found: dict[str, Package] = {}
    for file in (MAIN, *EXTRAS):
        named, waiting, seen = required(file), [(one, extra) for one in _lines(file) for extra in ("", *one.extras)], set()
        while waiting:
            asked, extra = waiting.pop()
            name = _normal(asked.name)
            if (name, extra) in seen or name.startswith(GPU_BUILD):
                continue
            seen.add((name, extra))
            try:
                installed = distribution(name)
            except PackageNotFoundError:
                continue  # of another system
            found.setdefault(name, Package(name, installed.version.partition("+")[0], _licence(installed), name in named, file))
            needs = [Requirement(line) for line in installed.requires or ()]
            needs = [one for one in needs if not one.marker or one.marker.evaluate({"extra": extra})]
            waiting += [(one, of_it) for one in needs for of_it in ("", *one.extras)]
    return sorted(found.values(), key=lambda one: ((MAIN, *EXTRAS).index(one.file), one.name))


def _lines(file: str) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def is_permissive(licence: str) -> bool:
    """Whether every licence of the expression asks for no more than to be named, and of an "or" at least one does."""
    return all(any(one.strip(" ()") in PERMISSIVE for one in part.split(" OR ")) for part in licence.split(" AND "))


def write_table(found: list[Package]) -> str:
    """LICENSES.md."""
    parts = []
    heads = {MAIN: (HEAD, REST)} | {file: (EXTRA.format(what=what, file=file), BROUGHT) for file, what in EXTRAS.items()}
    for file, (head, brought) in heads.items():
        here = [one for one in found if one.file == file]
        parts += [head, *(f"| {one.name} | {one.version} | {one.licence} |\n" for one in here if one.is_named)]
        parts += [brought, *(f"| {one.name} | {one.licence} |\n" for one in here if not one.is_named)]
    return "".join(parts)


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
            "type": "library", "scope": "required" if one.file == MAIN else "optional", "bom-ref": _address(one), "name": one.name, "version": one.version, "purl": _address(one), "licenses": [licence]
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
