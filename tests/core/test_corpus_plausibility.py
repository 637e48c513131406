"""People's marks in a run: agreement by hand, marks that say nothing of the prediction, and marks that can't be read."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from core.corpus.notes import notes_on
from core.corpus.run import start_run
from core.corpus.summary import Summary, summarise
from core.corpus.sums import Sums
from core.errors import DataError
from core.labelled import read_marks
from core.plausibility import FIGURES
from core.tables.format import SHELL_LIMITS
from core.tables.source import Source
from core.tables.texts import Columns
from tests.core.corpus_runs import settings_of
from tests.core.test_corpus_sums import LABELS, manifest_of, row_of

CLASSES = {"0": 0, "1": 1}


def marked(number, text, scores, rationale, label="1", **more):
    """A row with marks as its cell has them."""
    return replace(row_of(number, text, scores, label=label, **more), rationale=rationale)


def sums_of(*rows, classes=CLASSES):
    sums = Sums(2, 100, LABELS, classes)
    sums.add(rows)
    return sums


PERFECT = marked(
    1, "a good film", [[0, 3, 1], [3, 0, 1]], "[0, 1, 0]"
)  # first of three at the recommended layer 0, last at layer 1
SECOND = marked(2, "a good film", [[3, 2, 0], [0, 1, 0]], "[0, 1, 0]")  # second of three, then first


def test_agreement_by_hand():
    """AUPRC joins (0, 1) with the points of (recall, precision): a mark that comes second of three gives (0, 0), (1, ½)."""
    sums = sums_of(PERFECT, SECOND, row_of(3, "no marks", [[1, 2], [1, 2]], label="1"))
    found = summarise(sums, manifest_of(), "decoded")
    first, second = 1.0, 0.5 * (1 / 2)
    assert found.plausibility["auprc"]["mean"] == pytest.approx((first + second) / 2) and found.plausibility["auprc"]["n"] == 2
    assert found.plausibility["auroc"]["mean"] == pytest.approx((1 + 0.5) / 2)
    assert (
        found.plausibility["token_f1"]["mean"]
        == found.plausibility["iou_f1"]["mean"]
        == found.plausibility["token_iou"]["mean"]
        == 0.5
    )
    assert found.plausibility["marked"]["mean"] == pytest.approx(1 / 3)
    wide = student.ppf(0.975, 1) * np.std([first, second], ddof=1) / np.sqrt(2)
    assert found.plausibility["auprc"]["high"] == pytest.approx((first + second) / 2 + wide)
    last = (0 + 1 / 3) / 2  # third of three: (0, 0), (0, 0), (1, ⅓)
    assert found.plausibility_by_layer["mean"] == pytest.approx([(first + second) / 2, (last + first) / 2])
    assert set(found.plausibility) - {"marked"} <= set(FIGURES)
    assert found.notes == [] and Summary.from_json(found.to_json()).to_json() == found.to_json()


def test_sums_do_not_depend_on_chunks():
    apart = Sums(2, 100, LABELS, CLASSES)
    apart.add([PERFECT])
    apart.add([SECOND])
    assert (
        summarise(apart, manifest_of(), "decoded").to_json()
        == summarise(sums_of(PERFECT, SECOND), manifest_of(), "decoded").to_json()
    )


@pytest.mark.parametrize(
    "rationale",
    [
        "[0, 1, 0]",
        '{"positive": [0, 0.5, -1], "negative": [1, 0, 0]}',
        '{"1": [0, 1, 0]}',
        "[[1, 2]]",
        '[[{"start_token": 1, "end_token": 2}]]',
    ],
)
def test_every_way_to_write_marks(rationale):
    found = sums_of(replace(PERFECT, rationale=rationale)).rationales
    assert found.n == 1 and found.total["auprc"] == 1.0 and found.n_unreadable == found.n_elsewhere == 0


@pytest.mark.parametrize(
    "row",
    [
        replace(PERFECT, label="0"),  # of a class that isn't explained
        replace(PERFECT, label=None),  # of no class
        replace(PERFECT, label="mixed"),
        replace(PERFECT, rationale="[1, 1, 1]"),
        replace(PERFECT, rationale="[0, 0, 0]"),
        replace(PERFECT, rationale="[]"),
        replace(PERFECT, rationale="null"),
    ],
)
def test_marks_that_say_nothing_are_left_out_and_told(row):
    sums = sums_of(row, SECOND)
    assert (sums.rationales.n, sums.rationales.n_elsewhere, sums.n_used) == (1, 1, 2)
    [note] = notes_on(sums, manifest_of())
    assert note.startswith("1 row's marks say nothing of the predicted class")


@pytest.mark.parametrize(
    "rationale", ["good", "[0, 1]", "[0, true, 0]", '[0, "1", 0]', "[[2, 9]]", "[[[[[", "7", '{"1": 3}', "[" * 100_000]
)
def test_marks_that_cannot_be_read_cost_nothing_else(rationale):
    sums = sums_of(replace(PERFECT, rationale=rationale), SECOND)
    assert (sums.rationales.n, sums.rationales.n_unreadable, sums.n_used, sums.n_refused) == (1, 1, 2, 0)
    [note] = notes_on(sums, manifest_of())
    assert "1 row's marks can't be read, the first in row 1: Its " in note and len(note) < 300
    assert sums.words.index  # its words count all the same


def test_without_marks_nothing_is_said():
    found = summarise(sums_of(row_of(1, "a film", [[1, 2], [1, 2]])), manifest_of(), "decoded")
    assert found.plausibility is None and found.plausibility_by_layer is None and found.notes == []


def test_a_summary_of_before_is_read():
    found = summarise(sums_of(PERFECT), manifest_of(), "decoded")
    state = json.loads(found.to_json())
    del state["plausibility"], state["plausibility_by_layer"]
    assert Summary.from_json(json.dumps(state)).plausibility is None


def test_marks_of_a_pair_go_on_in_the_second_text():
    marks = read_marks("so dull", "not a joy", "x", [0, 1, 0, 0, 1])
    assert [("so dull\n\nnot a joy"[a:b]) for a, b in marks.spans.tolist()] == ["so", "dull", "not", "a", "joy"]
    with pytest.raises(DataError, match="no list of 5 numbers"):
        read_marks("so dull", "not a joy", "x", [0, 1])


def test_a_run_over_a_file_with_marks(classifier_of, tmp_path):
    """From the cell to the summary; marks that break off are one row's trouble, and not the run's."""
    path = tmp_path / "marked.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["id", "text", "label", "rationale"])
        write.writerows([n, "a superb and moving film", n % 2, "[0, 1, 0, 1, 0]" if n < 9 else "[0, 1"] for n in range(10))
    settings = replace(settings_of(), columns=Columns("text", label="label", id="id", rationale="rationale"))
    summary = start_run(tmp_path / "run", classifier_of("bert"), Source.of(path), settings, SHELL_LIMITS)
    right = round(summary.accuracy["mean"] * 10)  # one text: one prediction, that of every second label
    assert right == 5 and summary.n_used == 10 and summary.n_refused == 0
    assert summary.plausibility["auprc"]["n"] in (4, 5)  # row 10 counts for the class of the odd labels
    assert summary.plausibility["auprc"]["low"] == pytest.approx(summary.plausibility["auprc"]["mean"])  # the same text each time
    assert len(summary.plausibility_by_layer["mean"]) == summary.n_layers
    assert any("1 row's marks can't be read, the first in row 10" in note for note in summary.notes)
