"""The version that the code tells and the CHANGELOG agree, and the CHANGELOG has the form that a release needs."""

import re
from datetime import date
from pathlib import Path

import pytest

from core import __version__
from core.__main__ import parse_arguments

ROOT = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"## (?:Unreleased|(\d+\.\d+\.\d+) — (unreleased|\d{4}-\d\d-\d\d))")


def sections() -> list[tuple[str | None, str | None]]:
    """(version, date or “unreleased”) of each section of the CHANGELOG, newest first; (None, None) of Unreleased."""
    found = []
    for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            match = HEADING.fullmatch(line)
            assert match, f"“{line}” is neither “## Unreleased” nor “## 1.2.3 — 2026-01-31”"
            found.append((match[1], match[2]))
    return found


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_the_newest_version_of_the_changelog_is_the_code_s():
    versions = [version for version, _ in sections() if version]
    assert versions[0] == __version__
    assert [number(version) for version in versions] == sorted({number(version) for version in versions}, reverse=True)


def test_what_is_unreleased_stands_on_top_and_what_was_released_has_a_date():
    listed = sections()
    assert [version for version, _ in listed].count(None) <= 1 and all(version for version, _ in listed[1:])
    for version, when in [one for one in listed if one[0] and one[0] != __version__]:
        assert when != "unreleased", f"{version} is older than {__version__} and has no date"
    dates = [date.fromisoformat(when) for _, when in listed if when and when != "unreleased"]
    assert dates == sorted(dates, reverse=True)


def test_the_command_line_tells_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out.strip() == __version__
