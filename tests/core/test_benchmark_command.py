"""`python -m tests.benchmarks` loses nothing that it does not measure anew. What it measures is no test."""

import ast

import pytest

from tests.benchmarks.__main__ import HERE, SCRIPTS, compose, read_sections, run, section_of


def test_results_keep_the_sections_that_are_not_run(tmp_path):
    file, sections = tmp_path / "RESULTS.md", {"trace": "## Trace\n\n| a | b |\n|---|---|\n| 1 | 2 |", "limit": "## Limit\n\ntext", "gone": "## Gone"}
    file.write_text(compose(sections, "## Runs\n\n| `trace` | 1.0 | in full |"), encoding="utf-8")
    read = read_sections(file)
    assert {name: read[name] for name in sections} == sections and read["runs"].endswith("in full |")
    assert compose(sections, read["runs"]) == file.read_text(encoding="utf-8")
    assert read_sections(tmp_path / "none.md") == {}


def test_the_results_at_hand_can_be_read_back():
    assert {"trace", "decode", "room", "corpus"} <= set(read_sections(HERE / "RESULTS.md"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_section_says_what_was_measured(name):
    section = section_of(name, "printed")
    first = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))).split(":")[0].split("\n")[0].rstrip(".")
    assert section.startswith(f"## {SCRIPTS[name][0]}") and first in section and "printed" in section


def test_a_script_that_fails_is_named_with_its_reason(monkeypatch):
    monkeypatch.setitem(SCRIPTS, "absent", ("Absent", []))
    failed = run("absent", quick=True)
    assert "No module named" in failed.failure and failed.printed == ""
