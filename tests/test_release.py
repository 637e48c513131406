"""The version that the code tells and the CHANGELOG agree, and the CHANGELOG has the form that a release needs."""

import re
from datetime import date
from pathlib import Path

import pytest

from core import __version__
from core.__main__ import parse_arguments

ROOT = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"## (?:Unreleased|(\d+\.\d+\.\d+) — (unreleased|\d{4}-\d\d-\d\d))")


def sections(changelog: str) -> list[tuple[str | None, str | None]]:
    """(version, date or “unreleased”) of each section, newest first; (None, None) of Unreleased."""
    found = []
    for line in changelog.splitlines():
        if line.startswith("## "):
            match = HEADING.fullmatch(line)
            assert match, f"“{line}” is neither “## Unreleased” nor “## 1.2.3 — 2026-01-31”"
            found.append((match[1], match[2]))
    return found


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def check(changelog: str, version: str) -> None:
    """The newest version is the code's; what is unreleased stands on top, and what was released has a date."""
    listed = sections(changelog)
    versions, dates = [one for one, _ in listed if one], [date.fromisoformat(when) for _, when in listed if when and when != "unreleased"]
    assert versions[0] == version
    assert [number(one) for one in versions] == sorted({number(one) for one in versions}, reverse=True)
    assert all(one and when != "unreleased" for one, when in listed[1:])
    assert dates == sorted(dates, reverse=True)


CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_changelog_and_the_code_tell_the_same_versions():
    check(CHANGELOG, __version__)


def test_the_steps_of_contributing_lead_to_a_release_and_to_the_next():
    top, *_ = re.findall(r"^## .*$", CHANGELOG, flags=re.MULTILINE)
    first = CHANGELOG.replace(top, "## 41.0.0 — 2999-01-01", 1)
    check(first, "41.0.0")
    later = first.replace("## 41.0.0", "## Unreleased\n\n- Something new.\n\n## 41.0.0", 1)
    check(later, "41.0.0")
    check(later.replace("## Unreleased", "## 41.1.0 — 2999-02-01", 1), "41.1.0")


@pytest.mark.parametrize(
    "changelog, version",
    [
        ("## 0.2.0 — 2026-01-01", "0.1.0"), ("## 0.2.0 — 2026-01-01\n## 0.1.0 — unreleased", "0.2.0"), ("## 0.1.0 — 2026-01-01\n## Unreleased", "0.1.0"),
        ("## 0.1.0 — 2026-01-01\n## 0.2.0 — 2026-01-01", "0.1.0"), ("## 0.2.0 — 2026-01-01\n## 0.1.0 — 2026-01-02", "0.2.0"), ("## Next", "0.1.0"),
        ("## 0.1.0 — 2026-01-01\n## 0.1.0 — 2026-01-01", "0.1.0"),
    ],
)  # fmt: skip
def test_what_is_no_order_of_releases_is_told(changelog, version):
    with pytest.raises(AssertionError):
        check(changelog, version)


def test_the_command_line_tells_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out.strip() == __version__
