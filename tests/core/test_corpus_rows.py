"""Rows of a corpus: what one text alone gives, whatever stands beside it in a batch; a bad one harms no other."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.catalog import find_model
from core.corpus import analyse_chunk
from core.corpus.analyse_chunk import analyse_rows
from core.corpus.batches import Room, plan_batches, run_batch
from core.corpus.readings import pads_safely, read_rows
from core.corpus.records import RowRefused, RowResult
from core.devices import DeviceError
from core.embedded.gallery import GALLERIES
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.tables.texts import TextRow
from core.tokens import tokenize_windows
from core.trace import trace_layers
from tests.core.corpus_runs import plan_of, rows_of
from tests.families import FAMILIES, SENTENCES

CLOSE = 5e-5  # of the largest score of a text, and of 1; up to 1.1e-5 was seen, on a processor without AVX-512
MORE = ("fnet", "mobilebert", "bart", "xlnet", "squeezebert", "bert-headless", "qwen3_moe")  # no mask, no split head, other trunks, no head
LONG = "a superb and moving film , dull , far too long and dreadful " * 12  # several windows of the tiny models


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


def assert_same(classifier, row: TextRow, found: RowResult):
    """The row says what the report of its text alone says."""
    report = analyse(classifier, Query(classifier.spec.name, row.text, text_pair=row.text_pair))
    alone = report.maps[report.headline].scores
    assert found.scores.dtype == np.float32 and found.scores.shape == alone.shape
    assert np.abs(found.scores - alone).max() <= CLOSE * max(1.0, np.abs(alone).max())
    assert np.abs(found.outputs - report.prediction.outputs).max() <= CLOSE * max(1.0, np.abs(report.prediction.outputs).max())
    assert found.content_share == pytest.approx(report.profiles["content_share"].values, abs=CLOSE)
    assert (found.target, found.predicted) == (report.prediction.target, report.prediction.labels[report.prediction.target])
    assert found.confidence == found.outputs[found.target]
    assert found.layer == report.choice.layer
    assert found.tokens == report.tokens.texts and found.words == report.word_texts
    assert found.word_of.tolist() == report.tokens.word_of.tolist()
    assert found.n_windows == report.coverage.windows
    assert found.unread == report.coverage.characters - report.coverage.characters_read


@pytest.mark.parametrize("name", [*FAMILIES, *MORE])
def test_rows_are_those_of_each_text_alone(classifier_of, name):
    classifier = classifier_of(name)
    rows = rows_of(*SENTENCES[:6], "film", LONG)
    found = analyse_rows(classifier, rows, plan_of(96, pads_safely(classifier)))
    assert [one.number for one in found] == [row.number for row in rows]
    assert found[-1].n_windows > 1 or classifier.max_length > 200  # some families read it at once
    for row, one in zip(rows, found):
        assert_same(classifier, row, one)


def test_rows_of_the_embedded_model(sentiment):
    rows = rows_of(
        *list(GALLERIES["sentiment"].values())[:8], "A dull film with a superb cast. " * 65, "\ud800 half a character, wonderful"
    )
    found = analyse_rows(sentiment, rows, plan_of(2048))
    assert found[-2].n_windows > 1
    for row, one in zip(rows, found):
        assert_same(sentiment, row, one)
    assert found[-1].text.startswith("\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_pairs(variant_of, family):
    classifier = variant_of(family)
    rows = rows_of(
        ("a superb film", "it is good"),
        "a dull film alone",
        ("the plot", LONG),
        ("warm and wise", "the acting is superb , the plot is not"),
    )
    for row, one in zip(rows, analyse_rows(classifier, rows, plan_of(200))):
        assert_same(classifier, row, one)
        assert one.joined == Query("m", row.text, text_pair=row.text_pair).joined


@pytest.mark.parametrize(
    ("labels", "kind"), [(("joy", "anger", "fear"), "multi_label_classification"), (("stars",), None), (("a", "b"), "regression")]
)
def test_several_labels_and_values(variant_of, labels, kind):
    classifier = variant_of("bert", labels, kind)
    rows = rows_of(*SENTENCES[:4], LONG)
    for row, one in zip(rows, analyse_rows(classifier, rows, plan_of())):
        assert_same(classifier, row, one)


def test_correct_needs_a_label_that_names_a_class(variant_of):
    single = variant_of("bert")
    rows = [
        TextRow(1, SENTENCES[0], label="x"),
        TextRow(2, SENTENCES[0], label="y"),
        TextRow(3, SENTENCES[0], label="odd"),
        TextRow(4, SENTENCES[0]),
    ]
    target = analyse_rows(single, rows[:1], plan_of())[0].target
    other = (target + 1) % len(single.labels)
    found = analyse_rows(single, rows, plan_of(classes={"x": target, "y": other}))
    assert [one.correct for one in found] == [True, False, None, None]
    several = variant_of("bert", ("joy", "anger", "fear"), "multi_label_classification")
    outputs = analyse_rows(several, rows[:1], plan_of())[0].outputs
    for index, share in enumerate(outputs):
        found = analyse_rows(several, rows[:1], plan_of(classes={"x": index}))[0]
        assert found.correct == (share > 0.5 or (index == outputs.argmax() and (outputs <= 0.5).all()))
    value = variant_of("bert", ("stars",))
    assert analyse_rows(value, rows[:1], plan_of(classes={"x": 0}))[0].correct is None


def test_the_games_are_played_on_texts_of_one_window_alone(classifier_of):
    everything = frozenset({1, 2})
    plan = replace(plan_of(), coherence_rows=everything, faithfulness_rows=everything)
    short, long = analyse_rows(classifier_of("bert"), rows_of(SENTENCES[0], LONG), plan)
    assert long.n_windows > 1 and short.sample.faithfulness is not None and long.sample.faithfulness is None
    assert short.sample.own_top1 is not None and long.sample.own_top1 is not None


@pytest.mark.parametrize("name", ["bert", "gpt2", "modernbert"])
def test_neighbours_change_nothing(classifier_of, name):
    classifier = classifier_of(name)
    text, pads = SENTENCES[0], pads_safely(classifier)
    alone = analyse_rows(classifier, rows_of(text), plan_of(4000, pads))[0]
    for others in (["a"], ["dull " * 20], list(SENTENCES)):
        beside = analyse_rows(classifier, rows_of(text, *others), plan_of(4000, pads))[0]
        assert np.abs(alone.scores - beside.scores).max() <= CLOSE * max(1.0, np.abs(alone.scores).max())


def test_equal_rows_give_equal_bytes(classifier_of):
    classifier, rows = classifier_of("bert"), rows_of(*SENTENCES, LONG)
    first, second = (analyse_rows(classifier, rows, plan_of()) for _ in range(2))
    assert all(one.scores.tobytes() == other.scores.tobytes() for one, other in zip(first, second))


def test_families_that_padding_changes_are_never_padded(classifier_of):
    assert pads_safely(classifier_of("bert")) and not pads_safely(classifier_of("fnet"))


def test_each_row_explains_its_own_class(classifier_of):
    """The trace of several rows, each for a class of its own, is that of each alone; −1 is the row's own highest logit."""
    classifier = classifier_of("bert")
    batch = tokenize_windows(classifier, SENTENCES[0], Settings()).batch
    targets = torch.tensor([0, 2, 1, -1])
    together = trace_layers(classifier, batch.repeat(4), targets)
    for row, target in enumerate([0, 2, 1, int(together.logits[3].argmax())]):
        alone = trace_layers(classifier, batch, target)
        assert torch.allclose(together.gradient[:, row], alone.gradient[:, 0], atol=1e-5, rtol=1e-4)


def test_batches_hold_the_budget_and_every_window_once():
    lengths = [3, 30, 8, 8, 30, 5, 100, 8, 3]
    batches = plan_batches(lengths, 60, True)
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    assert batches == [[6], [1, 4], [2, 3, 7, 5, 0, 8]]
    assert all(len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= 60 for batch in batches)
    assert all(len({lengths[at] for at in batch}) == 1 for batch in plan_batches(lengths, 60, False))


def test_a_batch_that_is_too_large_is_halved_and_tried_again(classifier_of, monkeypatch):
    classifier, rows, tried = classifier_of("bert"), rows_of(*SENTENCES[:6]), []
    whole = analyse_rows(classifier, rows, plan_of(4000))

    def trace(classifier, batch, target):
        tried.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return trace_layers(classifier, batch, target)

    monkeypatch.setattr(analyse_chunk, "trace_layers", trace)
    room = Room(4000)
    found = analyse_rows(classifier, rows, plan_of(4000), room=room)
    assert tried[:2] == [6, 3] and max(tried[3:]) <= 2 and room.tokens < 100
    for one, other in zip(whole, found):
        assert np.abs(one.scores - other.scores).max() <= CLOSE * max(1.0, np.abs(one.scores).max())
    tried.clear()
    analyse_rows(classifier, rows, plan_of(4000), room=room)
    assert max(tried) <= 2  # what was learned is kept


def test_a_text_too_large_even_alone_is_refused_and_the_others_go_on(classifier_of, monkeypatch):
    classifier = classifier_of("bert")
    rows = rows_of("a film", "film " * 20, "the plot")

    def trace(classifier, batch, target):
        if batch.input_ids.shape[1] > 20:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return trace_layers(classifier, batch, target)

    monkeypatch.setattr(analyse_chunk, "trace_layers", trace)
    found = analyse_rows(classifier, rows, plan_of(4000))
    assert isinstance(found[1], RowRefused) and found[1].number == 2 and "memory" in found[1].reason
    assert_same(classifier, rows[0], found[0])
    assert_same(classifier, rows[2], found[2])


def test_bad_rows_are_told_with_their_number_and_the_others_go_on(classifier_of, monkeypatch):
    classifier = classifier_of("bert")
    rows = rows_of(SENTENCES[0], "   ", "\u200b", "poison film", SENTENCES[1])

    def trace(classifier, batch, target):
        if (batch.input_ids[:, 1] == poison).any():
            raise ZeroDivisionError("a family's own bug")
        return trace_layers(classifier, batch, target)

    poison = classifier.tokenizer("poison film")["input_ids"][1]
    monkeypatch.setattr(analyse_chunk, "trace_layers", trace)
    found = analyse_rows(classifier, rows, plan_of(4000))
    assert {one.number for one in found if isinstance(one, RowRefused)} >= {2, 4}
    reasons = {one.number: one.reason for one in found if isinstance(one, RowRefused)}
    assert "empty" in reasons[2] and "ZeroDivisionError" in reasons[4]
    assert_same(classifier, rows[0], found[0])
    assert_same(classifier, rows[4], found[4])


def test_values_that_are_no_numbers_are_refused(classifier_of, monkeypatch):
    classifier = classifier_of("bert")

    def trace(classifier, batch, target):
        found = trace_layers(classifier, batch, target)
        found.gradient[:, 0] = float("nan")
        return found

    monkeypatch.setattr(analyse_chunk, "trace_layers", trace)
    found = analyse_rows(classifier, rows_of("a long superb film and moving", "film"), plan_of(4000))
    assert [isinstance(one, RowRefused) for one in found] == [True, False] and "no numbers" in found[0].reason


def test_a_stop_goes_through_a_batch(classifier_of):
    class Halt(BaseException):
        pass

    def stop(stage, share):
        if share > 0.3:
            raise Halt

    with pytest.raises(Halt):
        analyse_rows(classifier_of("bert"), rows_of(*SENTENCES), plan_of(20), stop)


def test_halves_keep_the_order():
    def run(items):
        if len(items) > 1 or items[0] == 3:
            raise ValueError
        return [items[0] * 10]

    found = run_batch(run, [1, 2, 3, 4, 5], 1, Room(100), "cpu")
    assert found[:2] + found[3:] == [10, 20, 40, 50] and "ValueError" in found[2]


def test_a_device_that_broke_down_stops_the_run_instead_of_refusing_every_row(monkeypatch):
    def run(items):
        raise RuntimeError("CUDA error: device-side assert triggered")

    assert "RuntimeError" in run_batch(run, [1], 1, Room(100), "cpu")[0]  # the device is sound: the row is to blame
    monkeypatch.setattr("core.devices.torch.ones", run)
    with pytest.raises(DeviceError, match="cpu no longer computes"):
        run_batch(run, [1, 2, 3], 1, Room(100), "cpu")


def test_classes_that_are_all_but_equal_stay_two(classifier_of):
    (one,) = read_rows(classifier_of("bert"), rows_of("film is dull"), plan_of().settings)
    low = np.linspace(0.1, 3, 2000, dtype=np.float32)
    for said in np.stack([low, np.nextafter(low, np.float32(9))], axis=1):
        assert analyse_chunk._pool([said], one).argmax() == 1  # the class that was explained
