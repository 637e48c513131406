"""Files that mean harm end in a sentence, soon, and in little memory."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DataError
from core.tables.format import PAGE_LIMITS, Format
from core.tables.reading import open_table
from core.tables.source import Source
from tests.core.tables.hostile import FILES, many, sheet, workbook

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What was said of all of them, and what that took. Read by path, in a process of its own: MB are the most of the whole process."""
    folder, program = tmp_path_factory.mktemp("hostile"), [sys.executable, "-m", "tests.core.tables.hostile"]
    subprocess.run([*program, "make", str(folder)], cwd=ROOT, check=True)
    read = subprocess.run([*program, "read", str(folder)], cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(read.stdout)


@pytest.mark.parametrize("what", FILES)
def test_every_hostile_file_gives_what_it_can_or_says_why_not(what, found):
    said, word = found["said"][what], FILES[what][2]
    assert all(sentence.endswith((".", "?")) and len(sentence) < 600 for sentence in said), said
    if word:
        assert any(word in sentence for sentence in said), said
    assert found["seconds"][what] < 60


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read as Linux tells it")
def test_none_takes_much_memory(found):
    assert len(found["seconds"]) == len(FILES) and max(found["memory"]) < 500


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs an alarm")
def test_what_takes_long_is_ended():
    with pytest.raises(DataError, match="more than 1 seconds"):
        open_table(Source("a", content=sheet(many(b"<a/>", b"<b/>"))), Format("xlsx"), replace(PAGE_LIMITS, seconds=1))


def test_without_what_knows_traps_no_workbook_is_read(monkeypatch):
    monkeypatch.setattr("core.tables.guarded.ENVIRONMENT", {"OPENPYXL_DEFUSEDXML": "False"})
    with pytest.raises(DataError, match="defusedxml"):
        open_table(Source("a", content=workbook()), Format("xlsx"), PAGE_LIMITS)
