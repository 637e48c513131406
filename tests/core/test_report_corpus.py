"""The report of a run: every figure with its unit, every text escaped, and nothing asked of anybody."""

import dataclasses
import json

import numpy as np
import pytest

from core.corpus.store import MANIFEST, SUMMARY, RunError, write_chunk, write_manifest
from core.corpus.summary import Summary
from core.errors import ReportError
from core.labels import REGRESSION
from core.report.corpus import to_page
from core.report.examples import pick_rows
from core.report.run_folder import report_of_run
from tests.core.corpus_report import L, make_manifest, make_row, make_rows, make_summary, word
from tests.core.html_page import EVIL, REQUESTING, Page, with_text_everywhere


def _harmless(html: str) -> Page:
    page = Page(html.encode("utf-8").decode())
    assert not set(page.tags) & {"script", "img", "iframe", "link", "object", "embed", "form", "base", "a"}
    assert not {name for name, _ in page.attributes} & REQUESTING and not any(
        name.startswith("on") for name, _ in page.attributes
    )
    assert (
        "url(" not in html and "@import" not in html and "http://" not in html and "nan" not in page.text.replace("finance", "")
    )
    return page


def test_a_report_of_a_run_says_what_it_found():
    page = _harmless(to_page(make_summary(), make_manifest(), [make_row(3, "quite dull indeed", 0.7, False)]))
    for wanted in (
        "“sentiment” used in films.csv", "10", "of 12; 2 could not be used", "80.0 %", "49.0 % to 94.0 %", "layer 2", "for 80.0 % of the rows",
        "583.3 %", "116.7 %", "6 rows, 60.0 %", "+20.0 %+16.0 to +24.0 %", "−10.0 → +20.0 %", "– (3)", "A note of the run.", "It is <b>odd</b>.",
        "Row 3: “positive”, 70.0 %; the file says “bad”", "quite dull indeed", "0123456789abcdef", "feedbeef", "torch 2.13", "seed 7", "bad as negative",
        "decoded layer saliency", "sample of 3 texts", "a random order: −0.20", "cells parted by “;”", "text: text; label: stars",
    ):  # fmt: skip
        assert wanted in page.text, wanted


def test_every_layer_has_a_row_and_the_recommended_one_its_star():
    text = Page(to_page(make_summary(), make_manifest())).text
    for told in (
        "3dull +30.0 %long +15.0 %",
        "2 ★dull +20.0 %long +10.0 %",
        "1dull +10.0 %long +5.0 %",
        "embdull 0.0 %long 0.0 %",
    ):
        assert told in text


def test_what_was_not_measured_is_left_out():
    nothing = dict.fromkeys(("accuracy", "coherence", "log_probability", "faithfulness", "faithfulness_random", "content_share"))
    summary = make_summary(**nothing, confusion=[], misleading={}, refusals=[], n_refused=0, notes=[])
    page = _harmless(to_page(summary, make_manifest(head="")))
    assert "what is right is not known" in page.text and "Words towards the wrong class" not in page.text and "φ" not in page.text
    assert "Every one of the 12 rows could be used." in page.text and "came without a language-model head" in page.text
    assert page.tags.count("figure") == 0


def test_an_empty_run_has_a_report():
    empty = {
        "n_used": 0,
        "predicted": {},
        "words": {},
        "changing": {},
        "misleading": {},
        "layers": [],
        "confusion": [],
        "accuracy": None,
        "layer": 0,
    }
    assert "0" in _harmless(to_page(make_summary(**empty), make_manifest())).text


def test_a_regression_speaks_of_no_confusion():
    summary = make_summary(accuracy=None, confusion=[], misleading={})
    text = Page(to_page(summary, make_manifest(problem_type=REGRESSION))).text
    assert "own scale" in text and "predicted class are" not in text


def test_many_classes_are_listed_by_their_confusions():
    labels = tuple(f"class {i}" for i in range(40))
    confusion = [[labels[i], labels[(i + 1) % 40], 40 - i] for i in range(40)]
    manifest = make_manifest(
        labels=labels, plan=dataclasses.replace(make_manifest().plan, classes={name: i for i, name in enumerate(labels)})
    )
    summary = make_summary(confusion=confusion, predicted=dict.fromkeys(labels, 1), words={}, changing={}, misleading={})
    text = Page(to_page(summary, manifest)).text
    assert "The 20 most frequent confusions of 40." in text and "28 rarer classes not shown" in text


@pytest.mark.parametrize("evil", [EVIL, "</style><script>alert(1)</script>", "\u202ereversed\x00\ud800"])
def test_hostile_words_labels_and_names_stay_texts(evil):
    plan = dataclasses.replace(make_manifest().plan, classes={evil: 0, "good": 1})
    manifest = make_manifest(
        file=evil, model=evil, labels=(evil, "positive"), plan=plan, versions={evil: evil}, head=evil, device=evil
    )
    rename = {"negative": evil, "positive": "positive"}
    state = {
        name: {rename[key]: value for key, value in getattr(make_summary(), name).items()}
        for name in ("predicted", "words", "changing", "misleading")
    }
    state["words"][evil] = [[row | {"word": evil} for row in rows] for rows in state["words"][evil]]
    summary = make_summary(**state, confusion=[[evil, evil, 3], ["good", "positive", 1]], refusals=[[1, evil]], notes=[evil])
    html = to_page(summary, manifest, [make_row(1, evil, 0.9, False, label=evil, id=evil, predicted=evil)])
    page = _harmless(html)
    assert html.count("</style>") == 1 and "\x00" not in html
    if evil == EVIL:
        assert page.text.count(EVIL) > 10


def test_no_field_of_a_hostile_summary_reaches_a_report_unescaped():
    n_accepted = 0
    for changed in with_text_everywhere(json.loads(make_summary().to_json()), "</style><script>alert(1)</script>\"'"):
        try:
            html = to_page(Summary.from_json(json.dumps(changed)), make_manifest())
        except (RunError, KeyError, IndexError, TypeError, ValueError, AttributeError):
            continue
        n_accepted += 1
        assert "<script" not in html and html.count("</style>") == 1 and "\"'" not in html.split("</style>")[1]
    assert n_accepted >= 5  # texts among numbers are refused


@pytest.fixture
def folder(tmp_path):
    """The folder of a finished run of four chunks."""
    (tmp_path / "chunks").mkdir()
    write_manifest(tmp_path, make_manifest())
    write_chunk(tmp_path, 0, make_rows(), 2048)
    write_chunk(tmp_path, 1, [make_row(number, "so so film", 0.5 + number / 100, False) for number in range(4, 12)], 2048)
    write_chunk(tmp_path, 2, [make_row(12, "no label here", 0.99, None)], 2048)
    (tmp_path / SUMMARY).write_text(make_summary().to_json(), encoding="utf-8")
    return tmp_path


def test_the_surest_errors_are_picked_over_all_chunks(folder):
    assert [row.number for row in pick_rows(folder, make_manifest())] == [3, 11, 10, 9, 8, 7]
    assert [row.number for row in pick_rows(folder, make_manifest(), 2)] == [3, 11]
    assert pick_rows(folder, make_manifest(problem_type=REGRESSION)) == []


def test_without_errors_the_least_sure_rows_are_picked(tmp_path):
    (tmp_path / "chunks").mkdir()
    write_chunk(tmp_path, 0, [make_row(n, "a film", 0.5 + n / 10, None, label=None) for n in (1, 2, 3)], 2048)
    rows = pick_rows(tmp_path, make_manifest(), 2)
    assert [row.number for row in rows] == [1, 2]
    assert "What it was least sure of" in Page(to_page(make_summary(), make_manifest(), rows)).text


def test_a_long_row_is_cut_and_says_so():
    text = " ".join(["word"] * 400)
    page = Page(to_page(make_summary(), make_manifest(), [make_row(1, text, 0.9, False)]))
    assert text not in page.text and "more characters." in page.text


def test_the_folder_of_a_run_gives_its_report(folder):
    html = report_of_run(folder)
    assert html == to_page(make_summary(), make_manifest(), pick_rows(folder, make_manifest()))
    assert "The errors it was surest of" in html


def test_a_folder_that_holds_no_finished_run_is_refused_in_a_sentence(folder):
    (folder / SUMMARY).rename(folder / "aside")
    with pytest.raises(RunError, match="isn't finished"):
        report_of_run(folder)
    (folder / SUMMARY).write_text(json.dumps(json.loads((folder / "aside").read_text()) | {"words": {"negative": "x"}}))
    with pytest.raises((ReportError, RunError), match=r"\.$|\)\.$"):
        report_of_run(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(RunError, match="holds no run"):
        report_of_run(folder)


def test_a_summary_of_numbers_by_numpy_reads_as_one_of_json():
    """What a run hands over and what it saved make the same report."""
    summary = make_summary(accuracy={"mean": np.float64(0.8), "low": np.float64(0.49), "high": np.float64(0.94), "n": 10})
    assert to_page(summary, make_manifest()) == to_page(Summary.from_json(summary.to_json()), make_manifest())


def test_of_many_classes_the_words_of_the_largest_are_listed():
    labels = [f"class {i}" for i in range(20)]
    words = {name: [[word(f"word{i}", 0.1)] for _ in range(L)] for i, name in enumerate(labels)}
    summary = make_summary(words=words, predicted={name: i + 1 for i, name in enumerate(labels)}, changing={}, misleading={})
    text = Page(to_page(summary, make_manifest())).text
    assert "Of 20 classes, the 12 of the most rows" in text and "“class 8”" in text and "“class 7”" not in text


def test_a_run_of_a_model_has_a_report(classifier_of, tmp_path):
    """From a file to its report, with nothing made by hand."""
    from core.corpus.records import RunSettings
    from core.corpus.run import start_run
    from core.tables.format import SHELL_LIMITS, Format
    from core.tables.source import Source
    from core.tables.texts import Columns

    rows = ["text,label"] + ["a superb film,positive", "a dreadful plot,negative", ",neutral", "<b>far</b> too long,neutral"] * 6
    source = Source("films.csv", None, "\n".join(rows).encode())
    settings = RunSettings(
        Columns("text", label="label"), Format("csv"), chunk_rows=10, coherence_sample=4, faithfulness_sample=2
    )
    summary = start_run(tmp_path / "run", classifier_of("bert"), source, settings, SHELL_LIMITS)
    page = _harmless(report_of_run(tmp_path / "run"))
    assert f"of 24; {summary.n_refused} could not be used" in page.text and "films.csv" in page.text and summary.n_refused == 6
    assert page.tags.count("figure") == 2 and "superb" in page.text
