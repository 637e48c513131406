"""The games by hand on a model whose answer is a sum over four words, and on real masked texts by an independent route."""

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau

from core.case import open_case
from core.catalog import find_model
from core.comparison import FRACTIONS
from core.errors import MethodError
from core.faithfulness import hide_one_by_one, order_agreement, places_of, play, play_all, words_of
from core.labels import MULTI_LABEL
from core.models import load_classifier
from core.records import Query, Settings
from tests.families import TEXT

WEIGHTS = np.array([0.4, -0.1, 0.2, 0.05])
BIAS = 0.3


class LinearTexts:
    """p(class 1) = BIAS + Σ of the kept words' weights."""

    seed = 7

    def __init__(self, weights: np.ndarray = WEIGHTS):
        self.weights, self.n_words, self.asked = weights, len(weights), []

    def says(self, keep):
        self.asked.append(keep.copy())
        return BIAS + keep @ self.weights

    def outputs(self, keep):
        says = BIAS + keep @ self.weights
        return np.stack([1 - says, says], axis=1)

    def predicted(self, keep):
        return self.outputs(keep).argmax(1)


def figures_of(game) -> np.ndarray:
    return np.concatenate([game.hide, game.reveal, game.hide_kept, game.reveal_kept, [game.whole, game.empty]])


def test_four_words_by_hand():
    """5, 10 and 20 % are one word (0.4), 30 and 50 % are two (0.4 and 0.2)."""
    game = play(LinearTexts(), WEIGHTS[None])
    assert game.fractions.tolist() == [0.05, 0.1, 0.2, 0.3, 0.5]
    np.testing.assert_allclose([game.whole, game.empty], [0.85, 0.3])
    np.testing.assert_allclose(game.hide, [0.45, 0.45, 0.45, 0.25, 0.25])
    np.testing.assert_allclose(game.reveal, [0.7, 0.7, 0.7, 0.9, 0.9])
    assert game.hide_kept.tolist() == [0.0] * 5 and game.reveal_kept.tolist() == [1.0] * 5
    np.testing.assert_allclose([game.comprehensiveness, game.sufficiency, game.faithfulness], [0.48, 0.07, 0.41])
    np.testing.assert_allclose([game.hide_area, game.reveal_area], [0.185 / 0.5, 0.39 / 0.5])
    assert game.leave_one_out is None


def test_label_kept_is_the_label_of_the_whole_text():
    """Hiding the word against the class leaves 0.95: kept; hiding the small one as well, 0.9; showing either alone, 0.2 and 0.35."""
    game = play(LinearTexts(), np.array([[0.0, 9.0, 1.0, 8.0]]))
    assert game.hide_kept.tolist() == [1.0] * 5
    assert game.reveal_kept.tolist() == [0.0] * 5
    np.testing.assert_allclose(game.hide, [0.95, 0.95, 0.95, 0.9, 0.9])
    np.testing.assert_allclose(game.reveal, [0.2, 0.2, 0.2, 0.25, 0.25])


def test_true_order_is_the_best_of_all_orders():
    phi = {order: play(LinearTexts(), -np.argsort(order)[None]).faithfulness for order in permutations(range(4))}
    best = play(LinearTexts(), WEIGHTS[None]).faithfulness
    assert best == pytest.approx(max(phi.values())) and phi[0, 2, 3, 1] == pytest.approx(best)
    assert min(phi.values()) == pytest.approx(phi[1, 3, 2, 0])
    assert len(set(np.round(list(phi.values()), 9))) > 4


def test_mean_over_all_orders_is_chance_level():
    """E φ = 2 · mean(k/W) · Σ weights − Σ weights = 0.7 · 0.55 − 0.55."""
    every = -np.array(list(permutations(range(4))), dtype=float)
    assert play(LinearTexts(), every).faithfulness == pytest.approx(-0.165)


def test_a_row_without_order_scores_as_chance_does_whatever_its_value():
    masked = LinearTexts()
    games = play_all(masked, {"zeros": np.zeros((1, 4)), "ones": np.ones((1, 4))}, tie_orders=4000)
    assert games["zeros"].faithfulness == pytest.approx(-0.165, abs=0.02)
    np.testing.assert_array_equal(figures_of(games["zeros"]), figures_of(games["ones"]))
    first, last = (np.mean([places_of(np.zeros((1, 4)), seed, 1)[0, w] for seed in range(2000)]) for w in (0, 3))
    assert first == pytest.approx(1.5, abs=0.1) and last == pytest.approx(1.5, abs=0.1)


def test_only_tied_words_change_places():
    places = places_of(np.array([[5.0, 0.0, 0.0, -2.0]]), seed=3, tie_orders=200)
    assert len(places) == 200
    assert (places[:, 0] == 0).all() and (places[:, 3] == 3).all()
    assert 60 < (places[:, 1] == 1).sum() < 140
    assert len(places_of(np.array([[5.0, 1.0, 0.0, -2.0]] * 3), seed=3)) == 3, "rows without ties need one order each"
    np.testing.assert_array_equal(places, places_of(np.array([[5.0, -0.0, 0.0, -2.0]]), seed=3, tie_orders=200))


def test_equal_seeds_give_equal_games_and_others_do_not():
    scores = np.zeros((1, 12))
    masked = LinearTexts(np.random.default_rng(0).normal(size=12))
    one, again, other = (figures_of(play(masked, scores, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    np.testing.assert_array_equal(figures_of(play(masked, scores)), figures_of(play(masked, scores, LinearTexts.seed)))


@pytest.mark.parametrize("transform", [lambda s: 3 * s - 7, np.exp, np.cbrt, lambda s: s.argsort(-1).argsort(-1)])
def test_monotone_transforms_change_nothing(transform):
    scores = np.random.default_rng(1).normal(size=(3, 9))
    masked = LinearTexts(np.random.default_rng(2).normal(size=9))
    reference = masked.weights
    one, other = (play(masked, draws, leave_one_out=reference) for draws in (scores, transform(scores)))
    np.testing.assert_array_equal(figures_of(one), figures_of(other))
    assert one.leave_one_out == pytest.approx(other.leave_one_out)


def test_draws_are_averaged():
    draws = np.random.default_rng(3).normal(size=(5, 9))
    masked = LinearTexts(np.random.default_rng(2).normal(size=9))
    single = [play(masked, row[None], leave_one_out=masked.weights) for row in draws]
    together = play(masked, draws, leave_one_out=masked.weights)
    np.testing.assert_allclose(figures_of(together), np.mean([figures_of(game) for game in single], axis=0))
    assert together.leave_one_out == pytest.approx(np.mean([kendalltau(row, masked.weights).statistic for row in draws]))
    assert together.faithfulness == pytest.approx(np.mean([game.faithfulness for game in single]))


def test_agreement_with_leave_one_out():
    """Of a sum, leave-one-out's scores are the weights; two of six pairs swapped give τ = (4 − 2)/6."""
    masked = LinearTexts()
    alone = 0.85 - masked.says(~np.eye(4, dtype=bool))
    np.testing.assert_allclose(alone, WEIGHTS)
    assert play(masked, WEIGHTS[None], leave_one_out=alone).leave_one_out == pytest.approx(1.0)
    assert play(masked, -WEIGHTS[None], leave_one_out=alone).leave_one_out == pytest.approx(-1.0)
    assert play(masked, np.array([[0.2, -0.1, 0.05, 0.4]]), leave_one_out=alone).leave_one_out == pytest.approx(1 / 3)
    tied = np.array([1.0, 1.0, 2.0, 0.0])  # concordant − discordant over √((6 − 1) · 6)
    assert order_agreement(tied[None], WEIGHTS) == pytest.approx(1 / np.sqrt(30))


@pytest.mark.parametrize("draws, reference", [([[1.0, 1, 1]], [1.0, 2, 3]), ([[1.0, 2, 3]], [2.0, 2, 2]), ([[1.0]], [1.0])])
def test_without_an_order_there_is_no_agreement(draws, reference):
    assert order_agreement(np.array(draws), np.array(reference)) is None


def test_by_magnitude_a_strong_word_against_the_class_comes_first():
    draws = np.array([[0.1, -0.9, 0.2, 0.3]])
    raw, size = (play(LinearTexts(), draws, by_magnitude=flag, leave_one_out=-WEIGHTS) for flag in (False, True))
    np.testing.assert_allclose([raw.hide[0], size.hide[0]], [0.8, 0.95])
    np.testing.assert_allclose(figures_of(size), figures_of(play(LinearTexts(), np.abs(draws))))
    assert size.leave_one_out == pytest.approx(kendalltau(np.abs(draws[0]), np.abs(WEIGHTS)).statistic)
    assert draws[0, 1] == -0.9, "the scores are left as they were"


@pytest.mark.parametrize(
    "n_words, sizes", [(1, [1, 1, 1, 1, 1]), (4, [1, 1, 1, 2, 2]), (10, [1, 1, 2, 3, 5]), (140, [7, 14, 28, 42, 70])]
)
def test_shares_are_rounded_up_and_at_least_one_word(n_words, sizes):
    assert words_of(FRACTIONS, n_words).tolist() == sizes


def test_no_rounding_error_adds_a_word():
    assert all(words_of((0.05, 0.07, 0.28), 100 * n).tolist() == [5 * n, 7 * n, 28 * n] for n in range(1, 50))


def test_one_word():
    game = play(LinearTexts(np.array([0.4])), np.array([[2.0]]), leave_one_out=np.array([0.4]))
    np.testing.assert_allclose(game.hide, [0.3] * 5)
    np.testing.assert_allclose(game.reveal, [0.7] * 5)
    assert game.leave_one_out is None and game.faithfulness == pytest.approx(0.4)


def test_all_masks_go_to_the_model_at_once_and_none_twice():
    masked = LinearTexts(np.arange(10.0) / 100)
    rows = {"one": np.random.default_rng(0).normal(size=(5, 10)), "two": np.arange(10.0)[None], "same": np.arange(10.0)[None]}
    together = play_all(masked, rows)
    assert len(masked.asked) == 1
    assert len(np.unique(masked.asked[0], axis=0)) == len(masked.asked[0])
    for name, draws in rows.items():
        np.testing.assert_allclose(figures_of(together[name]), figures_of(play(masked, draws)))


def test_no_rankings_no_games():
    assert play_all(LinearTexts(), {}) == {}


@pytest.mark.parametrize("draws", [np.zeros(4), np.zeros((1, 5)), np.zeros((0, 4))])
def test_a_wrong_shape_is_told(draws):
    with pytest.raises(MethodError, match=r"lime.*shape.*\(S, 4\)"):
        play_all(LinearTexts(), {"lime": draws})


def test_scores_that_are_no_numbers_are_told():
    with pytest.raises(MethodError, match="lime.*no numbers"):
        play_all(LinearTexts(), {"fine": WEIGHTS[None], "lime": np.array([[0.0, np.nan, 1, 2]])})


def test_hiding_one_by_one_by_hand():
    steps = hide_one_by_one(LinearTexts(), WEIGHTS)
    assert steps.order.tolist() == [0, 2, 3, 1]
    np.testing.assert_allclose(steps.says, [0.85, 0.45, 0.25, 0.2, 0.3])
    np.testing.assert_allclose(steps.outputs, np.stack([1 - steps.says, steps.says], axis=1))


def test_hiding_one_by_one_ends_with_40_words():
    steps = hide_one_by_one(LinearTexts(np.full(60, 0.01)), -np.arange(60.0))
    assert steps.order.tolist() == list(range(40)) and steps.says.shape == (41,) and steps.outputs.shape == (41, 2)
    np.testing.assert_allclose(steps.says, 0.9 - 0.01 * np.arange(41))


# On real masked texts.


def probability(classifier, text: str, target: int) -> float:
    """What the model says of a text as it stands."""
    with torch.no_grad():
        logits = classifier.model(**classifier.tokenizer(text, return_tensors="pt")).logits
    return float(logits.softmax(-1)[0, target])


@pytest.mark.parametrize("removal", ["mask", "delete", "unknown"])
def test_games_on_a_model_are_those_of_texts_written_without_the_words(classifier_of, removal):
    classifier = classifier_of("bert")
    case = open_case(classifier, Query("tiny", TEXT), removal)
    words = [TEXT[start:end] for start, end in case.reading.tokens.word_spans]
    scores = np.arange(len(words), 0.0, -1)[None]  # the words in their order
    game = play(case.masked, scores)
    tokenizer = classifier.tokenizer

    def written(kept) -> str:
        blank = {"mask": tokenizer.mask_token, "unknown": tokenizer.unk_token, "delete": None}[removal]
        filled = [
            word if k else " ".join([blank] * len(tokenizer.tokenize(word))) if blank else "" for word, k in zip(words, kept)
        ]
        return " ".join(filter(None, filled))

    assert game.whole == pytest.approx(probability(classifier, TEXT, case.target), abs=1e-5)
    for n, k in enumerate(words_of(FRACTIONS, len(words))):
        kept = np.arange(len(words)) >= k
        assert game.hide[n] == pytest.approx(probability(classifier, written(kept), case.target), abs=1e-5)
        assert game.reveal[n] == pytest.approx(probability(classifier, written(~kept), case.target), abs=1e-5)


def test_rows_are_run_once_and_then_remembered(classifier_of):
    case = open_case(classifier_of("bert"), Query("tiny", TEXT))
    rows = {str(n): np.random.default_rng(n).normal(size=(2, case.n_words)) for n in range(4)}
    games = play_all(case.masked, rows)
    run = case.masked.forwards
    assert run == len(case.masked.known)
    again = play(case.masked, rows["2"])
    assert case.masked.forwards == run
    np.testing.assert_allclose(figures_of(again), figures_of(games["2"]))


def test_a_regression_plays_with_its_value(variant_of):
    classifier = variant_of("bert", ("LABEL_0",), None)
    case = open_case(classifier, Query("tiny", TEXT))
    game = play(case.masked, np.arange(case.n_words)[None])
    with torch.no_grad():
        value = float(classifier.model(**classifier.tokenizer(TEXT, return_tensors="pt")).logits)
    assert game.whole == pytest.approx(value, abs=1e-5)
    assert len(np.unique(game.hide)) > 1
    assert game.hide_kept is None and game.reveal_kept is None, "a value has no label that could be kept"


def test_the_label_of_one_output_is_its_side_of_one_half(variant_of):
    """Two of four words carry the class: hidden they leave −0.5, and shown they give 1.5."""
    case = open_case(variant_of("bert", ("spam",), MULTI_LABEL), Query("tiny", "one two three four"))
    every = (np.arange(16)[:, None] >> np.arange(4)) % 2 == 1
    logits = every @ np.array([1.0, 1.0, 0.0, 0.0]) - 0.5
    case.masked.known.update({bits.tobytes(): logit[None] for bits, logit in zip(np.packbits(every, axis=1), logits)})
    game = play(case.masked, np.array([[4.0, 3.0, 2.0, 1.0]]))
    assert game.hide_kept.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0] and game.reveal_kept.tolist() == [1.0] * 5
    np.testing.assert_allclose(game.hide[-1], 1 / (1 + np.exp(0.5)), atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_no_numbers_end_in_a_sentence(value):
    class Broken(LinearTexts):
        def says(self, keep):
            return np.where(keep[:, 0], super().says(keep), value)

    with pytest.raises(MethodError, match=r"lacks 1 of 4 words.*Leave this text out, or hide words another way[.]"):
        play(Broken(), WEIGHTS[None])


def test_several_labels_play_with_the_sigmoid(variant_of):
    classifier = variant_of("bert", ("joy", "anger", "surprise"), MULTI_LABEL)
    case = open_case(classifier, Query("tiny", TEXT, target="anger"))
    steps = hide_one_by_one(case.masked, np.arange(case.n_words))
    with torch.no_grad():
        logits = classifier.model(**classifier.tokenizer(TEXT, return_tensors="pt")).logits[0]
    np.testing.assert_allclose(steps.outputs[0], logits.sigmoid().numpy(), atol=1e-5)
    np.testing.assert_allclose(steps.says, steps.outputs[:, 1], atol=1e-7)


@pytest.mark.parametrize(
    "query",
    [
        Query("tiny", "superb"),
        Query("tiny", TEXT * 30, settings=Settings(max_windows=2)),
        Query("tiny", TEXT, text_pair="It was dreadful."),
    ],
    ids=["one word", "long", "pair"],
)
def test_every_kind_of_text_plays(query, variant_of):
    case = open_case(variant_of("bert"), query)
    scores = np.random.default_rng(0).normal(size=(1, case.n_words))
    game = play(case.masked, scores)
    assert game.whole == pytest.approx(float(case.prediction.outputs[case.target]), abs=1e-5)
    everything = hide_one_by_one(case.masked, scores[0])
    assert everything.says[0] == pytest.approx(game.whole)
    if case.n_words <= 40:
        assert everything.says[-1] == pytest.approx(game.empty)


def test_leaving_one_out_beats_chance_on_a_real_model():
    classifier, games = load_classifier(find_model("sentiment"), device="cpu"), {"alone": [], "random": []}
    for text in (
        "The plot is dull.",
        "A superb film!",
        "I did not enjoy this mess.",
        "The cast is wonderful and the story moves.",
    ):
        case = open_case(classifier, Query("sentiment", text))
        alone = case.masked.explained(np.ones((1, case.n_words)))[0] - case.masked.explained(~np.eye(case.n_words, dtype=bool))
        found = play_all(
            case.masked, {"alone": alone[None], "random": np.random.default_rng(0).random((5, case.n_words))}, None, alone
        )
        assert found["alone"].leave_one_out == pytest.approx(1.0)
        for name, game in found.items():
            games[name].append(game)
    means = {name: np.mean([(game.faithfulness, game.comprehensiveness) for game in of_texts], axis=0) for name, of_texts in games.items()}
    assert means["alone"][0] > means["random"][0] + 0.1 and means["alone"][1] > means["random"][1]
