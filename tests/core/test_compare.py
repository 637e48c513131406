"""Many methods on one text: the wall, its games, what fails, what is remembered."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from core import baselines
from core.cards import CHEAP, LONG, SLOW_ON_LONG, WALL, run_at_once
from core.case import open_case
from core.catalog import find_model
from core.compare import add_sanity, compare, hide_steps
from core.comparison import FRACTIONS, WordScores
from core.errors import MethodError, TextError
from core.models import load_classifier
from core.records import PAIR_BREAK, Query
from core.removal import BATCH_TOKENS
from core.turns import Cancelled

TEXT = "I expected a dull sequel, but the cast is wonderful."
QUICK = ("leave_one_out", "random", "decoded", "input_x_gradient", "attention_last")


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


@pytest.fixture(scope="module")
def wall(sentiment):
    return compare(sentiment, Query("sentiment", TEXT))


def test_every_method_has_a_card_and_every_card_a_method():
    assert list(WALL) == list(dict.fromkeys(WALL)) and set(WALL) == set(baselines.RUNS)
    assert {"random", "leave_one_out", "decoded"} <= set(CHEAP) and {"lime", "kernel_shap", "partition_shap"}.isdisjoint(CHEAP)
    assert len({card.label for card in WALL.values()}) == len(WALL), "two methods bear one name"


def test_the_cheap_wall_runs_whole_on_a_real_model(wall):
    assert set(wall.rows) | set(wall.refusals) == set(CHEAP) and not wall.refusals
    for name, row in wall.rows.items():
        assert row.draws.shape[1] == len(wall.words) and np.isfinite(row.draws).all(), name
        assert row.seconds > 0 and row.choices, name
        assert not WALL[name].signed or name == "random" or (row.draws < 0).any() or len(wall.words) < 3, name
    assert set(wall.games) == set(wall.rows)
    assert set(wall.layer_games) == {name for name, row in wall.rows.items() if row.by_layer is not None}
    assert all(len(games) == 7 for games in wall.layer_games.values())


def test_games_say_what_the_model_says(wall, sentiment):
    """Each point of a game, asked of the model anew, one text at a time."""
    case = open_case(sentiment, wall.query)
    n = len(wall.words)
    for name in ("decoded", "faithful", "leave_one_out"):
        order = np.argsort(-wall.rows[name].scores)
        for at, fraction in enumerate(FRACTIONS):
            top = order[: max(1, int(np.ceil(fraction * n)))]
            keep = np.ones(n, dtype=bool)
            keep[top] = False
            assert wall.games[name].hide[at] == pytest.approx(float(case.masked.says(keep)[0]), abs=1e-5)
            assert wall.games[name].reveal[at] == pytest.approx(float(case.masked.says(~keep)[0]), abs=1e-5)
    assert wall.games["leave_one_out"].leave_one_out == pytest.approx(1.0)


def test_random_is_the_floor_and_the_obvious_word_wins(wall):
    faithful = {name: game.faithfulness for name, game in wall.games.items()}
    assert faithful["leave_one_out"] > faithful["random"] + 0.2 and faithful["faithful"] > faithful["random"] + 0.2
    for name in ("faithful", "leave_one_out", "path"):
        assert wall.words[int(wall.rows[name].scores.argmax())] == "wonderful", name


def test_no_masked_text_is_run_twice(sentiment, wall):
    again = compare(sentiment, wall.query, (*CHEAP, "accurate"), known=wall)
    assert set(again.rows) == set(wall.rows) | {"accurate"}
    assert again.rows["decoded"] is wall.rows["decoded"] and again.games["decoded"] is wall.games["decoded"]
    assert again.forwards == len(again.answers) and again.forwards - wall.forwards <= 10 * 8, "only masks not seen before"
    assert again.remembered > wall.remembered
    nothing = compare(sentiment, wall.query, CHEAP, known=again)
    assert nothing.forwards == again.forwards and nothing.rows == again.rows


def test_one_failing_method_leaves_the_others_standing(classifier_of, monkeypatch):
    def break_down(case):
        raise RuntimeError("a kernel panicked")

    monkeypatch.setitem(baselines.RUNS, "input_x_gradient", break_down)
    made = compare(classifier_of("bert-headless"), Query("tiny", TEXT), QUICK)
    assert set(made.refusals) == {"input_x_gradient", "decoded"} and set(made.rows) == set(QUICK) - set(made.refusals)
    assert "language-model head" in made.refusals["decoded"]
    for sentence in made.refusals.values():
        assert sentence[-1] == "." and "Traceback" not in sentence and "panicked" not in sentence
    monkeypatch.undo()
    mended = compare(classifier_of("bert-headless"), made.query, QUICK, known=made)
    assert set(mended.refusals) == {"decoded"} and "input_x_gradient" in mended.games


def test_values_that_are_no_numbers_are_refused_alone(classifier_of, monkeypatch):
    def give_nothing(case):
        return WordScores("random", np.full((1, case.n_words), np.nan))

    monkeypatch.setitem(baselines.RUNS, "random", give_nothing)
    made = compare(classifier_of("bert"), Query("tiny", TEXT), QUICK)
    assert set(made.refusals) == {"random"} and "no numbers" in made.refusals["random"] and set(made.games) == set(made.rows)


def test_a_layer_of_no_numbers_is_refused_before_its_game_is_played(classifier_of, monkeypatch):
    true = baselines.RUNS["undecoded"]

    def spoil(case):
        row = true(case)
        return replace(row, by_layer=np.where(np.arange(len(row.by_layer))[:, None] == 1, np.nan, row.by_layer))

    monkeypatch.setitem(baselines.RUNS, "undecoded", spoil)
    made = compare(classifier_of("bert"), Query("tiny", TEXT), ("undecoded", "random"))
    assert set(made.refusals) == {"undecoded"} and "no numbers" in made.refusals["undecoded"] and set(made.games) == {"random"}


def test_a_comparison_on_something_else_is_not_gone_on_with(classifier_of):
    made = compare(classifier_of("bert"), Query("tiny", TEXT), ("random",))
    for query, removal in ((Query("tiny", "A dull film."), "mask"), (made.query, "delete")):
        with pytest.raises(ValueError, match="another query or removal"):
            compare(classifier_of("bert"), query, ("random",), removal, known=made)


def test_the_pass_that_methods_share_is_counted_once(classifier_of):
    shared = ("decoded", "undecoded", "layer_mean", "input_x_gradient", "grad_cam_last")
    for text, n_windows in ((TEXT, 1), (" ".join([TEXT] * 8), 4)):
        made = compare(classifier_of("bert"), Query("tiny", text), (*shared, "fast", "random"))
        assert made.provenance.rows == n_windows and made.backwards == n_windows + made.rows["fast"].backwards == 3 * n_windows
    assert compare(classifier_of("bert"), Query("tiny", TEXT), ("random",)).backwards == 0


def test_full_memory_is_not_taken_for_a_failing_method(classifier_of, monkeypatch):
    """The caller goes on with another device."""

    def fill(case):
        raise MemoryError

    monkeypatch.setitem(baselines.RUNS, "random", fill)
    with pytest.raises(MemoryError):
        compare(classifier_of("bert"), Query("tiny", TEXT), QUICK)


def test_it_stops_when_it_is_told_to_and_tells_how_far_it_is(classifier_of):
    told = []

    def tell(stage, share):
        told.append((stage, share))
        if len(told) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        compare(classifier_of("bert"), Query("tiny", TEXT), QUICK, tell=tell)
    told.clear()
    compare(classifier_of("bert"), Query("tiny", TEXT), QUICK, tell=lambda *step: told.append(step))
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[0] < 0.2 and 0.8 < shares[-1] <= 1
    assert any(WALL["leave_one_out"].label in stage for stage, _ in told)


def test_hiding_word_by_word_starts_at_the_whole_text(wall, sentiment):
    steps = hide_steps(sentiment, wall, "decoded")
    target = wall.prediction.target
    assert steps.says[0] == pytest.approx(float(wall.prediction.outputs[target]), abs=1e-5)
    assert steps.outputs.shape == (len(steps.order) + 1, 2) and len(steps.says) == len(steps.order) + 1
    assert list(steps.order) == list(np.argsort(-wall.rows["decoded"].scores, kind="stable")[: len(steps.order)])
    case = open_case(sentiment, wall.query)
    keep = np.ones(len(wall.words), dtype=bool)
    keep[steps.order[:3]] = False
    assert steps.says[3] == pytest.approx(float(case.masked.says(keep)[0]), abs=1e-5)
    floor = hide_steps(sentiment, wall, "random")
    draws = np.argsort(-wall.rows["random"].draws, axis=1)[:, :2]
    keep = np.ones((len(draws), len(wall.words)), dtype=bool)
    np.put_along_axis(keep, draws, False, axis=1)
    assert floor.says[2] == pytest.approx(float(case.masked.says(keep).mean()), abs=1e-5), "one draw alone is luck"
    with pytest.raises(MethodError, match="lime"):
        hide_steps(sentiment, wall, "lime")


def test_sanity_is_added_to_the_rows_asked_for(wall, sentiment):
    made = add_sanity(sentiment, wall, ("decoded", "input_x_gradient", "lime"))
    assert set(made.sanity) == {"decoded", "input_x_gradient"}
    assert made.rows == wall.rows and not wall.sanity
    told = []
    again = add_sanity(sentiment, wall, ("decoded",), lambda stage, _: told.append(stage))
    assert again.sanity["decoded"] == made.sanity["decoded"]
    assert not [stage for stage in told if "own weights" in stage], "the true model's rows are in the comparison"


@pytest.mark.parametrize("removal", ["mask", "delete", "unknown"])
@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_pairs_contrasts_and_removals(name, removal, classifier_of):
    query = Query("tiny", "A fine film.", "positive", "neutral", text_pair="Nobody liked it.")
    made = compare(classifier_of(name), query, QUICK, removal)
    assert made.words[-1] == "." and PAIR_BREAK in made.query.joined and made.removal == removal
    assert "random" in made.rows and 0 <= made.games["random"].whole <= 1


@pytest.mark.parametrize("text", ["Superb", "a", "🍿", "<script>alert(1)</script>"])
def test_one_word_and_odd_texts(text, classifier_of):
    made = compare(classifier_of("bert"), Query("tiny", text), CHEAP)
    assert "leave_one_out" in made.rows and not [s for s in made.refusals.values() if "failed" in s], made.refusals


def test_a_long_text_in_windows(classifier_of):
    made = compare(classifier_of("bert"), Query("tiny", " ".join([TEXT] * 8)), QUICK)
    assert not made.refusals and len(made.words) == 12 * 8 and made.provenance.rows > 1
    assert made.games["random"].whole == pytest.approx(float(made.prediction.outputs[made.prediction.target]), abs=1e-5)


def test_on_a_long_text_few_layers_are_put_to_the_test(classifier_of):
    made = compare(classifier_of("bert"), Query("tiny", " ".join([TEXT] * 9)), ("decoded", "grad_cam", "random"))
    assert len(made.words) >= LONG and set(made.layer_games) == {"decoded"} and set(made.games) == {"decoded", "grad_cam", "random"}
    assert set(CHEAP) - set(run_at_once(LONG)) == set(SLOW_ON_LONG) and run_at_once(LONG - 1) == CHEAP


def test_the_reference_may_come_later(classifier_of):
    query = Query("tiny", TEXT)
    made = compare(classifier_of("bert"), query, ("decoded", "random"))
    assert made.games["decoded"].leave_one_out is None
    later = compare(classifier_of("bert"), query, ("leave_one_out",), known=made)
    at_once = compare(classifier_of("bert"), query, ("decoded", "random", "leave_one_out"))
    for name in at_once.games:
        assert later.games[name].leave_one_out == pytest.approx(at_once.games[name].leave_one_out)
        np.testing.assert_allclose(later.games[name].hide, at_once.games[name].hide, atol=1e-5)
    assert later.forwards == at_once.forwards


def test_what_cannot_be_asked_is_said_in_a_sentence(classifier_of):
    with pytest.raises(MethodError, match="no method “magic”"):
        compare(classifier_of("bert"), Query("tiny", TEXT), ("magic",))
    with pytest.raises(MethodError, match="can't be hidden by “burning”"):
        compare(classifier_of("bert"), Query("tiny", TEXT), QUICK, "burning")
    with pytest.raises(TextError):
        compare(classifier_of("bert"), Query("tiny", "  "))


def test_a_comparison_survives_a_cache(wall):
    back = pickle.loads(pickle.dumps(wall))
    np.testing.assert_array_equal(back.rows["decoded"].by_layer, wall.rows["decoded"].by_layer)
    assert back.words == wall.words and len(pickle.dumps(wall)) < 400_000


def test_who_waits_hears_how_many_masked_texts_were_read(sentiment, monkeypatch):
    monkeypatch.setitem(BATCH_TOKENS, "cpu", 8 * 9)  # tokens: eight rows of this text at once
    told = []
    made = compare(sentiment, Query("sentiment", "A warm and wonderful little film."), ("leave_one_out", "lime"), tell=lambda *said: told.append(said))
    counts = [int(stage.split(" · ")[1].split()[0]) for stage, _ in told if "masked texts read" in stage]
    assert len(set(counts)) > 5 and counts == sorted(counts) and counts[-1] <= made.forwards
