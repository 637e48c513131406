"""`python -m core --file …`: from a file to a folder and a table; every refusal is a sentence."""

import shutil

import pytest

from core.__main__ import main
from core.corpus.run import read_summary
from core.corpus.store import chunks_done, read_manifest
from tests.core.corpus_runs import write_reviews

SMALL = ["--chunk-rows", "8", "--coherence-sample", "3", "--faithfulness-sample", "1"]


@pytest.fixture(scope="module")
def model(family_of):
    return str(family_of("bert").path)


@pytest.fixture(scope="module")
def finished(model, tmp_path_factory):
    """(file, folder) of a run from the shell."""
    place = tmp_path_factory.mktemp("shell")
    write_reviews(place / "reviews.csv")
    words = ["--file", place / "reviews.csv", "--text-column", "text", "--label-column", "label", "--id-column", "id", "--model", model]
    assert main([*map(str, words), "--out", str(place / "run"), *SMALL]) == 0
    return place / "reviews.csv", place / "run"


def test_a_run_and_its_table(finished, model, capsys):
    file, folder = finished
    summary = read_summary(folder)
    assert (summary.n_rows, summary.n_refused) == (40, 1) and summary.accuracy["n"] > 10
    assert read_manifest(folder).plan.settings.columns.id == "id"
    assert main(["--file", str(file), "--model", model, "--out", str(folder), "--resume"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "39 of 40 rows, accuracy" in shown and "Row 7 could not be used: Its text is empty." in shown
    assert "Faithfulness φ by layer, 1 texts" in shown and "summary.json" in shown
    for name in summary.predicted:
        assert name in shown


def test_resume_goes_on_and_asks_for_the_same(finished, model, tmp_path, capsys):
    file, folder = finished
    again = tmp_path / "run"
    shutil.copytree(folder, again)
    for name in ("summary.json", "words.parquet", "chunks/000003.parquet"):
        (again / name).unlink()
    assert main(["--file", str(file), "--model", model, "--out", str(again), "--resume"]) == 0
    assert (again / "summary.json").read_bytes() == (folder / "summary.json").read_bytes()
    assert main(["--file", str(file), "--model", model, "--out", str(again), "--resume", "--seed", "5"]) == 2
    assert "seed (it was “0”, now “5”)" in capsys.readouterr().err


def test_the_text_column_is_guessed_and_said(finished, model, tmp_path, capsys):
    file, _ = finished
    assert main([f"--file={file}", "--model", model, "--out", str(tmp_path / "run"), *SMALL]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "column “text”" in said and "--label-column label would tell right from wrong" in said
    summary = read_summary(tmp_path / "run")
    assert summary.accuracy is None and summary.confusion == []  # labels are never guessed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--text-column", "nope"], "There is no column “nope”"),
        (["--file", "missing.csv"], "missing.csv"),
        (["--chunk-rows", "0"], "chunk_rows is 0; it must be a whole number, at least 1"),
        (["--text-column", "label", "--label-column", "label"], "can't stand for two things"),
    ],
)
def test_refusals_are_sentences_and_leave_nothing(finished, model, tmp_path, capsys, words, told):
    file, _ = finished
    assert main(["--file", str(file), "--model", model, "--out", str(tmp_path / "run"), *words]) == 2
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error and not (tmp_path / "run").exists()


def test_a_run_is_not_overwritten(finished, model, capsys):
    file, folder = finished
    assert main(["--file", str(file), "--text-column", "text", "--model", model, "--out", str(folder)]) == 2
    assert "--resume" in capsys.readouterr().err


def test_an_encoding_that_is_not_certain_is_asked_for(model, tmp_path, capsys):
    file = tmp_path / "old.csv"
    file.write_bytes("text\nUn café délicieux à l'été\nÇa alors\n".encode("cp1252"))
    words = ["--file", str(file), "--model", model, "--out", str(tmp_path / "run"), *SMALL]
    assert main(words) == 2 and "--encoding" in capsys.readouterr().err
    assert main([*words, "--encoding", "cp1252"]) == 0
    assert len(chunks_done(tmp_path / "run")) == 1


def test_stopping_says_how_to_go_on(finished, model, tmp_path, capsys, monkeypatch):
    from core.corpus import run as runs

    file, _ = finished
    write, written = runs.write_chunk, []

    def stop(*args):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(args)
        write(*args)

    monkeypatch.setattr(runs, "write_chunk", stop)
    assert main(["--file", str(file), "--model", model, "--out", str(tmp_path / "run"), *SMALL]) == 130
    assert "--resume goes on" in capsys.readouterr().err and chunks_done(tmp_path / "run") == [0, 1]
