"""Random weights from the top down, and what maps make of them: methods that ignore the model fail, the model is untouched."""

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations, product

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from core import baselines
from core.case import open_case
from core.catalog import find_model
from core.comparison import WordScores
from core.errors import MethodError
from core.models import load_classifier
from core.pipeline import analyse
from core.randomise import randomise, randomise_all
from core.records import Query
from core.sanity import DRAWS, HALF, check, judge, limit_of, measure_likeness
from tests.families import SUPPORTED, TEXT

REVIEW = "I expected a dull, predictable sequel, but the cast is wonderful and I left the cinema smiling."
GRADIENTS = ("decoded", "undecoded", "gradient_norm", "faithful", "path")


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


def _weights(model) -> dict:
    return {path: tensor.clone() for path, tensor in model.state_dict().items()}


def _are_equal(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[path], other[path]) for path in one)


def _random_paths(true, random) -> set[str]:
    """Paths of the parameters that the two models do not share."""
    own = dict(true.named_parameters(remove_duplicate=False))
    return {path for path, parameter in random.named_parameters(remove_duplicate=False) if parameter is not own[path]}


def test_steps_go_from_the_head_to_the_embeddings(classifier_of):
    classifier = classifier_of("bert")
    every = {path for path, _ in classifier.model.named_parameters(remove_duplicate=False)}
    steps = {name: _random_paths(classifier.model, random.model) for name, random in randomise(classifier)}
    assert list(steps) == ["head", "head to layer 3", "head to layer 2", "head to layer 1", "everything"]
    head = {path for path in every if path.startswith(("classifier.", "bert.pooler."))}
    assert head and steps["head"] == head
    for layer in (3, 2, 1):
        above = {path for path in every if any(path.startswith(f"bert.encoder.layer.{k - 1}.") for k in range(layer, 4))}
        assert steps[f"head to layer {layer}"] == head | above
    assert steps["everything"] == every


def test_a_wholly_random_model_is_what_transformers_makes_of_the_config(classifier_of):
    """Same seed, same logits; and the logits of the true model are others."""
    classifier = classifier_of("bert")
    ids = torch.tensor([classifier.tokenizer(TEXT)["input_ids"]])
    torch.manual_seed(7)
    expected = AutoModelForSequenceClassification.from_config(classifier.model.config).eval()(ids).logits
    before = torch.random.get_rng_state()
    random = randomise_all(classifier, 7)
    assert torch.equal(torch.random.get_rng_state(), before), "torch's own generator was moved"
    torch.testing.assert_close(random.model(ids).logits, expected, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(classifier.model(ids).logits, expected, atol=1e-2)
    assert not torch.allclose(randomise_all(classifier, 8).model(ids).logits, expected, atol=1e-4)


def test_its_own_head_is_read_from_the_random_model(classifier_of):
    """What the head would say at the last layer is what the model says, at every step."""
    for step, random in randomise(classifier_of("llama")):
        report = analyse(random, Query("", TEXT))
        np.testing.assert_allclose(report.layer_outputs[-1], report.prediction.outputs, atol=1e-5, err_msg=step)


@pytest.mark.parametrize("name", SUPPORTED)
def test_every_family_becomes_random_or_is_refused_in_a_sentence(name, classifier_of):
    classifier = classifier_of(name)
    before, ids = _weights(classifier.model), torch.tensor([classifier.tokenizer(TEXT)["input_ids"]])
    said = classifier.model(ids).logits
    try:
        *_, (step, last) = randomise(classifier)
    except MethodError as error:
        assert name == "albert" and f"“{classifier.model.config.model_type}”" in str(error) and str(error).endswith(".")
        return
    assert step == "everything" and name != "albert"
    own = {id(parameter) for parameter in classifier.model.parameters()}
    assert not [path for path, parameter in last.model.named_parameters() if id(parameter) in own]
    tied = {len(dict(model.named_parameters())) for model in (classifier.model, last.model)}
    assert len(tied) == 1, "what is tied in the one model is not in the other"
    assert not any(parameter.requires_grad for parameter in last.model.parameters())
    assert not torch.allclose(last.model(ids).logits, said, atol=1e-3)
    assert _are_equal(_weights(classifier.model), before) and torch.equal(classifier.model(ids).logits, said)
    assert analyse(last, Query("", TEXT)).maps["undecoded"].scores.any()


def test_gradient_methods_pass_on_the_embedded_model_and_its_weights_stay(sentiment):
    before = _weights(sentiment.model)
    found = check(sentiment, Query("sentiment", REVIEW), (*GRADIENTS, "random"))
    assert {name: verdict.passes for name, verdict in found.items()} == dict.fromkeys(GRADIENTS, True) | {"random": False}
    for verdict in found.values():
        assert verdict.steps[0] == "head" and verdict.steps[-1] == "everything" and len(verdict.steps) == sentiment.layers + 2
        assert len(verdict.likeness) == len(verdict.steps) and all(0 <= value <= 1 for value in verdict.likeness)
        assert f"{verdict.likeness[-1]:.2f}" in verdict.sentence and verdict.sentence.endswith(".")
    assert found["random"].likeness == pytest.approx((1.0,) * 8) and "it shows the text, not the model" in found["random"].sentence
    assert _are_equal(_weights(sentiment.model), before)


def test_a_method_that_ignores_the_model_fails(classifier_of, monkeypatch):
    """The length of each word, under the name of a method: the same for any weights."""

    def measure_words(case):
        spans = case.reading.tokens.word_spans
        return WordScores("leave_one_out", (spans[:, 1] - spans[:, 0] + np.arange(len(spans)) / 100)[None])

    monkeypatch.setitem(baselines.RUNS, "leave_one_out", measure_words)
    verdict = check(classifier_of("bert"), Query("", TEXT), ["leave_one_out"])["leave_one_out"]
    assert verdict.passes is False and verdict.likeness == pytest.approx((1.0,) * 5)


def test_a_method_that_the_model_cannot_serve_is_left_out(family_of, tmp_path):
    from tests.families import build_folder

    build_folder("bert", tmp_path, with_head=False)
    headless = load_classifier(find_model(str(tmp_path)), device="cpu")
    assert set(check(headless, Query("", TEXT), ["decoded", "undecoded"])) == {"undecoded"}


@pytest.mark.parametrize("error", [MethodError("no"), RuntimeError("a kernel panicked")])
def test_what_random_models_cannot_be_asked_is_no_proof(error, classifier_of, monkeypatch):
    """One method breaks on the random models, or on the last of them alone; the other has its verdict."""
    true, asked = baselines.RUNS["undecoded"], []

    def refuse(case, from_run: int):
        asked.append(1)
        if len(asked) > from_run:
            raise error
        return true(case)

    for from_run in (1, 5 + DRAWS - 1):
        asked.clear()
        monkeypatch.setitem(baselines.RUNS, "undecoded", lambda case, from_run=from_run: refuse(case, from_run))
        found = check(classifier_of("bert"), Query("", TEXT), ["undecoded", "gradient_norm"])
        assert found["undecoded"].passes is None and "could not serve" in found["undecoded"].sentence and len(asked) == 5 + DRAWS
        assert found["gradient_norm"].passes is not None and np.isfinite(found["gradient_norm"].likeness).all()


def test_rows_of_the_true_model_that_are_known_are_not_run_again(classifier_of, monkeypatch):
    true, asked = baselines.RUNS["undecoded"], []
    monkeypatch.setitem(baselines.RUNS, "undecoded", lambda case: asked.append(case.classifier) or true(case))
    classifier, names = classifier_of("bert"), ["undecoded", "gradient_norm"]
    found = check(classifier, Query("", TEXT), names)
    assert len(asked) == 5 + DRAWS
    rows = {"undecoded": true(open_case(classifier, Query("", TEXT))), "path": None}
    asked.clear()
    again = check(classifier, Query("", TEXT), names, known=rows)
    assert again == found and list(again) == names and len(asked) == 4 + DRAWS and classifier not in asked


def test_full_memory_is_not_taken_for_a_method_that_cannot_serve(classifier_of, monkeypatch):
    def fill(case):
        raise MemoryError

    monkeypatch.setitem(baselines.RUNS, "undecoded", fill)
    with pytest.raises(MemoryError):
        check(classifier_of("bert"), Query("", TEXT), ["undecoded"])


def test_the_class_of_the_true_model_is_explained_at_its_layer(classifier_of, monkeypatch):
    """Whatever a random model would predict, and whichever layer it would recommend."""
    asked = []

    def note(case):
        asked.append((case.target, case.against))
        rows = np.arange(4.0)[:, None] + np.random.default_rng(len(asked)).random((4, case.n_words))
        layer = 2 if len(asked) == 1 else 0
        if len(asked) > 1:
            rows[2] = first[0]  # the same as the true model's, but only there
        else:
            first.append(rows[2])
        return WordScores("undecoded", rows[[layer]], layer, rows)

    first = []
    monkeypatch.setitem(baselines.RUNS, "undecoded", note)
    verdict = check(classifier_of("bert"), Query("", TEXT, against="positive"), ["undecoded"])["undecoded"]
    assert len(set(asked)) == 1 and len(asked) == 1 + 5 + DRAWS - 1 and asked[0][1] is not None
    assert verdict.likeness == pytest.approx((1.0,) * 5)


def test_threads_agree_with_one_run_alone(classifier_of):
    classifier, query, names = classifier_of("bert"), Query("", TEXT), ["undecoded", "gradient_norm"]
    alone = check(classifier, query, names)
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda _: check(classifier, query, names), range(3)))
    assert together == [alone] * 3


def test_the_work_can_be_stopped_and_is_told(classifier_of):
    told = []
    names = ["leave_one_out", "path"]
    check(classifier_of("bert"), Query("", TEXT), names, tell=lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] <= 1 and "everything" in told[-1][0]
    assert "own weights" in told[0][0] and sum("own weights" in stage for stage, _ in told) > len(names), "a slow method could not be stopped"

    def stop(stage, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(classifier_of("bert"), Query("", TEXT), ["leave_one_out"], tell=stop)


@pytest.mark.parametrize("n_words", [3, 4, 5])
def test_the_limit_is_what_chance_reaches_in_one_of_a_hundred(n_words):
    """By enumeration of all orders, and of all tuples of what they give."""
    own = np.arange(n_words)
    values = [round(abs(np.corrcoef(own, order)[0, 1]), 9) for order in permutations(own)]
    chances = {value: count / len(values) for value, count in Counter(values).items()}
    means = Counter()
    for drawn in product(chances, repeat=DRAWS):
        means[round(sum(drawn) / DRAWS, 9)] += math.prod(chances[value] for value in drawn)
    limit = limit_of(n_words)
    assert sum(chance for mean, chance in means.items() if mean > limit + 1e-6) <= 0.015
    assert sum(chance for mean, chance in means.items() if mean > limit - 0.05) >= 0.005
    assert HALF < limit < 1


def test_no_verdict_where_there_are_too_few_orders():
    assert limit_of(1) == limit_of(2) == 1 and limit_of(50) == HALF
    two, flat = WordScores("undecoded", np.array([[1.0, 2.0]])), WordScores("undecoded", np.zeros((1, 9)))
    for row in (two, flat):
        verdict = judge(row, ("head", "everything"), [1.0, 1.0, 1.0])
        assert verdict.passes is None and verdict.sentence.endswith(".")


def test_likeness_by_hand():
    """ρ of 1 2 3 4 with 1 2 4 3 is 1 − 6·2/(4·15) = 0.8, whichever way it points; a map without order is like nothing."""
    true = WordScores("undecoded", np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert measure_likeness(true, WordScores("undecoded", np.array([[10.0, 20.0, 40.0, 30.0]]))) == pytest.approx(0.8)
    assert measure_likeness(true, WordScores("undecoded", -np.array([[10.0, 20.0, 40.0, 30.0]]))) == pytest.approx(0.8)
    assert measure_likeness(true, WordScores("undecoded", np.ones((1, 4)))) == 0 and np.isnan(measure_likeness(true, None))
    verdict = judge(WordScores("undecoded", np.arange(30.0)[None]), ("head", "everything"), [0.9, 0.2, 0.4, 0.9])
    assert verdict.likeness == pytest.approx((0.9, 0.5)) and verdict.passes is False, "the last step is the mean of its models"
