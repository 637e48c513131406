"""The command line: a table, JSON, and one sentence where the question can't be answered."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.export import from_json
from tests.families import TEXT

ROOT = Path(__file__).resolve().parents[2]


def test_json_to_standard_output_is_a_report(family_of):
    """As a person starts it: a process of its own."""
    command = [sys.executable, "-m", "core", TEXT, "--model", str(family_of("bert").path), "--json", "-"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    report = from_json(done.stdout)
    assert report.query.text == TEXT and "decoded" in report.maps


def test_table_shows_every_layer_and_word(family_of, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert main([TEXT, "--model", str(family_of("bert").path), "--target", "neutral", "--against", "positive"]) == 0
    shown = capsys.readouterr().out
    for word in ("emb", "3", "superb", "dreadful", "neutral rather than positive", "★", "%", "revision"):
        assert word in shown


def test_method_and_file(family_of, tmp_path, capsys):
    model, target = str(family_of("bert").path), tmp_path / "report.json"
    assert main([TEXT, "--model", model, "--method", "fast", "--json", str(target)]) == 0
    assert "fast" in from_json(target.read_text(encoding="utf-8")).maps
    assert main([TEXT, "--model", model, "--method", "fast"]) == 0
    assert "stratified, fast" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["", "--model", "{model}"], "empty"),
        (["a text", "--model", "/no/such/folder"], "/no/such/folder"),
        (["a text", "--model", "{model}", "--target", "angry"], "angry"),
        (["a text", "--model", "{model}", "--method", "magic"], "magic"),
        (["a text", "--model", "{model}", "--json", "/no/such/folder/report.json"], "/no/such/folder"),
        (["a text", "--model", "{headless}", "--method", "decoded"], "decoded"),
    ],
)
def test_what_can_t_be_answered_ends_with_2_and_a_sentence(arguments, said, family_of, capsys):
    folders = {"model": family_of("bert").path, "headless": family_of("bert-headless").path}
    assert main([argument.format(**folders) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and said in captured.err
    assert captured.err.count("\n") == 1 and "Traceback" not in captured.err


def test_markup_of_the_table_is_not_taken_from_the_text(family_of, capsys, monkeypatch):
    """Square brackets mean styles to the table's library, not in a text."""
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["[red]superb[/red] film", "--model", str(family_of("bert").path)]) == 0
    assert "superb" in capsys.readouterr().out
