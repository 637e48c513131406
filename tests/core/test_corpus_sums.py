"""Sums over rows and what is said of them, by hand on a few words."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from core.bootstrap import mean_interval
from core.corpus.records import RowRefused, RowResult, RunPlan, Sample
from core.corpus.store import SCHEMA, Manifest, RunError
from core.corpus.summary import MIN_TEXTS, Summary, WordMeans, summarise, wilson
from core.corpus.sums import RIGHT, UNKNOWN, WRONG, Sums, ends
from core.corpus.words import read_words, write_words
from core.errors import quoted
from tests.core.corpus_runs import settings_of

LABELS = ("negative", "positive")


def row_of(number: int, text: str, scores, target: int = 1, correct: bool | None = None, label: str | None = None, **more) -> RowResult:
    """A row whose words are those between spaces, one token each between two special ones; scores (L, W)."""
    scores = np.array(scores, dtype=np.float32)
    ends_at = np.cumsum([len(word) + 1 for word in text.split()])
    spans = np.stack([ends_at - [len(word) + 1 for word in text.split()], ends_at - 1], axis=1).astype(np.int32)
    n_words, special = len(spans), np.full((len(scores), 1), 100, np.float32)  # a special token's score counts for no word
    given = {"layer": 0, "sample": Sample()} | more
    return RowResult(
        number=number, text=text, text_pair=None, label=label, id=None, rationale=None, predicted=LABELS[target], target=target, confidence=0.9,
        outputs=np.array([0.1, 0.9], np.float32), correct=correct, tokens=("[CLS]", *text.split(), "[SEP]"),
        word_of=np.array([-1, *range(n_words), -1], np.int32), word_spans=spans, scores=np.concatenate([special, scores, special], axis=1),
        content_share=np.linspace(0.9, 0.3, len(scores), dtype=np.float32), n_windows=1, unread=0, **given,
    )  # fmt: skip


def manifest_of(**more) -> Manifest:
    plan = RunPlan(settings_of(), 64, True, {"0": 0, "1": 1})
    return Manifest(
        plan=plan, n_rows=0, file="a.csv", fingerprint="", model="m", revision="", head="h", dtype="fp32", calibrated=None, labels=LABELS,
        problem_type="single_label_classification", layers=2, device="cpu", versions={}, **more,
    )  # fmt: skip


ROWS = (
    row_of(1, "Good film good", [[3, -1, 1], [0, 0, 0]], correct=True, label="1"),  # Σ|s| is 5; the second layer has no signal
    row_of(2, "good", [[-2], [4]], correct=False, label="0"),
    row_of(3, "a film", [[1, 3], [1, 1]], target=0),
)


def test_words_by_hand():
    sums = Sums(2, 100)
    sums.add(ROWS[:1])
    sums.add(ROWS[1:])
    words = sums.words
    at = words.index[1, RIGHT, "good"]  # upper and lower case alike: the mean of 3/5 and 1/5
    assert words.texts[at] == 1 and words.total[at] == pytest.approx([0.4, 0]) and words.squares[at] == pytest.approx([0.16, 0])
    assert words.change_squares[at] == pytest.approx(0.16)  # late 0 − early 0.4
    at = words.index[1, WRONG, "good"]
    assert words.total[at] == pytest.approx([-1, 1]) and words.change_squares[at] == pytest.approx(4)
    assert words.total[words.index[0, UNKNOWN, "film"]] == pytest.approx([0.75, 0.5])
    assert set(words.index) == {(1, RIGHT, "good"), (1, RIGHT, "film"), (1, WRONG, "good"), (0, UNKNOWN, "a"), (0, UNKNOWN, "film")}
    assert sums.confusion == {("1", 1): 1, ("0", 1): 1} and sums.outcomes == {RIGHT: 1, WRONG: 1, UNKNOWN: 1}
    assert sums.share == pytest.approx([2.7, 0.9]) and (sums.n_rows, sums.n_used) == (3, 3)
    means = WordMeans(sums, LABELS)
    found, texts, mean, low, high = means.table("positive", "all", 2)  # right and wrong together
    assert found == ["good"] and texts.tolist() == [2] and mean[0] == pytest.approx([-0.3, 0.5])
    wide = student.ppf(0.975, 1) * np.std([0.4, -1], ddof=1) / math.sqrt(2)
    assert (low[0, 0], high[0, 0]) == pytest.approx((-0.3 - wide, -0.3 + wide))


def test_sums_do_not_depend_on_how_rows_are_cut_into_chunks():
    draw = np.random.default_rng(0)
    rows = [row_of(n, " ".join(draw.choice(list("abcdef"), 5)), draw.normal(size=(2, 5)), correct=bool(n % 3)) for n in range(60)]
    whole, parts = Sums(2, 100), Sums(2, 100)
    whole.add(rows)
    for start in range(0, 60, 7):
        parts.add(rows[start : start + 7])
    assert whole.words.index.keys() == parts.words.index.keys()
    for key, at in whole.words.index.items():
        assert parts.words.total[parts.words.index[key]] == pytest.approx(whole.words.total[at], abs=1e-12)
        assert parts.words.texts[parts.words.index[key]] == whole.words.texts[at]


def test_the_vocabulary_is_bounded_and_the_rarest_go():
    sums = Sums(2, 20)
    for number in range(200):
        sums.add([row_of(number, f"common film{number}", [[1, 1], [1, 1]])])
        assert len(sums.words.index) <= 20 and len(sums.words.total) <= 64
    assert sums.words.texts[sums.words.index[1, UNKNOWN, "common"]] == 200
    assert sums.words.dropped >= 180 and sums.words.rarest == 1
    assert any("rare ones were dropped" in note for note in summarise(sums, manifest_of(), "decoded").notes)
    assert sums.words.total[sums.words.index[1, UNKNOWN, "common"]] == pytest.approx([100, 100])


def test_what_is_said_of_the_sums(tmp_path):
    n = MIN_TEXTS + 1
    rows = [row_of(k, "good awful", [[2 + k % 2, -1], [0, -1]], correct=True, label="1") for k in range(n)]
    rows += [row_of(n + k, "awful bait", [[-1, 4 + k % 3], [-1, 0]], correct=False, label="0") for k in range(n)]
    rows += [row_of(99, "rare", [[9], [9]], target=0), RowRefused(100, "Its text is empty.")]
    curves = np.array([[0.9, 0.2], [0.7, 0.4], [0.8, 0.3]])
    rows[0], rows[1], rows[2] = (replace(row, sample=Sample(curve, curve - 1, curve / 2, 0.1)) for row, curve in zip(rows[:3], curves))
    sums = Sums(2, 1000)
    sums.add(rows)
    found = summarise(sums, manifest_of(), "decoded")
    assert (found.n_rows, found.n_used, found.n_refused, found.refusals) == (2 * n + 2, 2 * n + 1, 1, [[100, "Its text is empty."]])
    assert (
        found.accuracy == wilson(n, 2 * n) and found.confusion == [["0", "positive", n], ["1", "positive", n]] and found.n_unlabelled == 1
    )
    assert found.predicted == {"negative": 1, "positive": 2 * n} and found.layers == [[0, 2 * n + 1]]
    assert [row["word"] for row in found.words["positive"][0]] == ["bait", "good"] and found.words["negative"] == [[], []]
    assert (
        found.words["positive"][0][1]["texts"] == n and found.words["positive"][0][1]["low"] < 0.7 < found.words["positive"][0][1]["high"]
    )
    assert [row["word"] for row in found.misleading["positive"]] == ["bait"] and found.misleading["positive"][0]["right_texts"] == 0
    changes = {row["word"]: row for row in found.changing["positive"]}
    assert changes["awful"]["late"] == -1.0 and changes["bait"]["change"] < -0.7 and changes["bait"]["high"] < 0
    band = mean_interval(curves)
    assert found.coherence["mean"] == pytest.approx([0.8, 0.3]) and found.coherence["low"] == pytest.approx(band.low.tolist())
    assert found.faithfulness_random["mean"] == pytest.approx(0.1) and found.faithfulness["n"] == 3
    assert found.content_share["mean"] == pytest.approx([0.9, 0.3]) and found.content_share["n"] == 2 * n + 1
    again = Summary.from_json(found.to_json())
    assert again.to_json() == found.to_json() and again.words == found.words
    write_words(tmp_path, WordMeans(sums, LABELS))
    table = read_words(tmp_path, "positive", layer=0, min_texts=MIN_TEXTS)
    for row, told in zip(table, found.words["positive"][0]):
        assert {name: row[name] for name in told} == told
    assert [row["word"] for row in read_words(tmp_path, "positive", "wrong", 0)] == ["bait", "awful"]
    assert {row["word"] for row in read_words(tmp_path)} == {"good", "awful", "bait"}  # of one text there is no interval


def test_a_word_that_many_texts_vouch_for_comes_before_one_of_a_handful():
    rows = [row_of(k, "sure other", [[2.0 + 0.2 * (k % 2), 1], [0, 0]]) for k in range(40)]
    rows += [row_of(100 + k, "lucky other", [[9.0 if k else 1.0, 1], [0, 0]]) for k in range(MIN_TEXTS)]
    sums = Sums(2, 100)
    sums.add(rows)
    first, *rest = summarise(sums, manifest_of(), "decoded").words["positive"][0]
    assert first["word"] == "sure" and first["mean"] < next(row["mean"] for row in rest if row["word"] == "lucky")


def test_nothing_usable_is_still_a_summary(tmp_path):
    sums = Sums(2, 10)
    sums.add([RowRefused(k, "Its text is empty.") for k in range(1, 31)])
    found = summarise(sums, manifest_of(), "decoded")
    assert found.n_refused == 30 and len(found.refusals) == 20 and found.accuracy is None and found.content_share is None
    assert Summary.from_json(found.to_json()).to_json() == found.to_json()
    write_words(tmp_path, WordMeans(sums, LABELS))
    assert read_words(tmp_path) == []


def test_labels_that_name_no_class_are_told():
    sums = Sums(2, 10)
    sums.add(ROWS)
    none = manifest_of()
    note = summarise(sums, replace(none, plan=replace(none.plan, classes={})), "decoded").notes[0]
    assert "No label of the file names a class" in note and quoted("positive") in note


def test_wilson_by_hand():
    """Newcombe 1998, table I: 81 of 263 is .2553 to .3662."""
    found = wilson(81, 263)
    assert (found["low"], found["high"]) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_summary_of_another_format_is_refused(tmp_path):
    sums = Sums(2, 10)
    sums.add(ROWS)
    text = summarise(sums, manifest_of(), "decoded").to_json()
    with pytest.raises(RunError, match="corpus/9"):
        Summary.from_json(text.replace(SCHEMA, "layer-saliency/corpus/9"))
    for broken in ("", "[]", "{}", text.replace('"accuracy"', '"exactness"')):
        with pytest.raises(RunError, match="can't be read"):
            Summary.from_json(broken)
    with pytest.raises(RunError, match="words.parquet"):
        read_words(tmp_path)


@pytest.mark.parametrize(
    ("n_layers", "early", "late"), [(2, [0], [1]), (4, [0], [3]), (7, [0, 1], [5, 6]), (13, [0, 1, 2, 3], [9, 10, 11, 12])]
)
def test_early_and_late_layers(n_layers, early, late):
    assert [list(part) for part in ends(n_layers)] == [early, late]
