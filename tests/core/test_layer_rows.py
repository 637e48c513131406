"""The layer methods on the wall say what Explore says, word by word, and run nothing twice."""

import dataclasses

import numpy as np
import pytest
import torch

from core import case as case_module
from core.baselines import run_method
from core.baselines.layers import LAYER_RUNS
from core.calibration import Calibration
from core.cards import WALL
from core.case import open_case
from core.combine import merge_tokens
from core.errors import MethodError
from core.methods import METHODS, ON_DEMAND, ONE_PASS
from core.pipeline import analyse
from core.records import Query, Settings
from core.saliency import score_rows
from tests.families import LABELS, TEXT

LONG = " ".join([TEXT] * 6)
QUERIES = {
    "one text": ("bert", Query("bert", TEXT)),
    "windows": ("bert", Query("bert", LONG, settings=Settings(overlap=8))),
    "pair": ("roberta", Query("roberta", TEXT, text_pair="Everything felt honest.")),
    "contrast": ("bert", Query("bert", TEXT, LABELS[0], LABELS[2])),
    "one word": ("bert", Query("bert", "superb")),
    "decoder": ("gpt2", Query("gpt2", TEXT)),
}


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_the_maps_of_explore_summed_over_the_pieces_of_words(name, classifier_of):
    family, query = QUERIES[name]
    case = open_case(classifier_of(family), query)
    asked = dataclasses.replace(query.settings, methods=tuple(LAYER_RUNS.keys() & set(ON_DEMAND)))
    report = analyse(classifier_of(family), dataclasses.replace(query, settings=asked))
    assert len(case.windows) == report.coverage.windows and (name != "windows" or len(case.windows) > 1)
    for method, run in LAYER_RUNS.items():
        got, saliency = run(case), report.maps[method]
        expected = merge_tokens(saliency.scores, report.tokens)
        np.testing.assert_allclose(got.draws, expected[[report.choices[method].layer]], rtol=1e-5, atol=1e-6)
        if saliency.has_layers:
            assert got.layer == report.choices[method].layer and report.choices[method].reason in got.notes
            np.testing.assert_allclose(got.by_layer, expected, rtol=1e-5, atol=1e-6)
        else:
            assert got.layer is None and got.by_layer is None
        assert got.backwards == METHODS[method].rows * len(case.windows) and got.forwards == 0
        assert np.isfinite(got.draws).all() and got.draws.shape == (1, case.n_words)


def test_there_is_a_row_for_every_method_and_one_pass_serves_all_that_need_one(classifier_of, monkeypatch):
    calls, scorer = [], case_module.score_one_pass
    monkeypatch.setattr(case_module, "score_one_pass", lambda *args: calls.append(1) or scorer(*args))
    case = open_case(classifier_of("bert"), Query("bert", TEXT))
    for method in ONE_PASS:
        LAYER_RUNS[method](case)
    assert LAYER_RUNS.keys() == METHODS.keys() and len(calls) == len(case.windows) == 1


def test_only_methods_that_need_the_head_pay_for_its_reading(classifier_of, monkeypatch):
    """It reads every layer of every window, once for both of them."""
    classifier, asked = classifier_of("bert"), []
    head = type(classifier.lm_head)
    read = head.columns
    monkeypatch.setattr(head, "columns", lambda *args: asked.append(1) or read(*args))
    case = open_case(classifier, Query("bert", TEXT))
    for method in ("undecoded", "gradient_norm", "grad_cam", "absolute", "grad_cam_embedding", "input_x_gradient", "faithful"):
        run_method(case, method)
    assert not asked
    for method in ("layer_mean", "decoded"):
        run_method(case, method)
    assert len(asked) == classifier.layers + 1
    paying = {name for name in ONE_PASS if "head" in WALL[name].cost}
    assert paying == {"decoded", "layer_mean"}


def test_choices_say_what_was_explained_replaced_and_drawn(classifier_of):
    case = open_case(classifier_of("bert"), Query("bert", TEXT, LABELS[0], LABELS[2]))
    choices = dict(run_method(case, "faithful").choices)
    assert choices["explained"] == "the logit of “negative” less that of “positive”"
    assert choices["replacement"] == "[MASK], piece by piece" and choices["rows"] == "10"
    assert choices["layer"].startswith("embedding") and choices["seed"].split(",")[0].isdigit()
    assert dict(run_method(case, "decoded").choices)["language-model head"] == case.classifier.lm_source


def test_without_a_head_decoding_is_refused_and_the_rest_stands(classifier_of):
    case = open_case(classifier_of("bert-headless"), Query("bert", TEXT))
    with pytest.raises(MethodError) as refused:
        run_method(case, "decoded")
    assert case.classifier.missing_head in str(refused.value) and "decoded layer saliency" in str(refused.value)
    assert np.abs(run_method(case, "undecoded").scores).max() > 0


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "albert"])
@pytest.mark.parametrize("method", ["path", "path17"])
def test_paths_add_up_to_the_change_in_the_logit_at_every_layer_but_for_the_gap(method, family, family_of, classifier_of):
    """The change by transformers' own classifier, given the embeddings of both texts; the gap as the row shows it."""
    case = open_case(classifier_of(family), Query(family, TEXT, LABELS[1]))
    ids = case.windows[0].input_ids
    name, _ = case.classifier.mask
    blank = torch.where(case.windows[0].is_content, case.classifier.tokenizer.convert_tokens_to_ids(name), ids)
    model = family_of(family).classifier()
    with torch.no_grad():  # not by id: the token that stands for a hidden word may be the one a decoder takes for padding
        rows = model.get_input_embeddings()(torch.cat([ids, blank]))
        text, masked = (model(inputs_embeds=row[None]).logits[0, 1].item() for row in rows)
    scores, gap, _ = score_rows(case.classifier, case.windows[0], method, 1, None)
    np.testing.assert_allclose(scores.sum(-1) - gap, np.full(len(gap), text - masked), atol=1e-4)
    row = run_method(case, method)
    (quality,) = row.qualities
    assert quality.name == "gap" and quality.value == pytest.approx(100 * abs(gap[row.layer].item() / (text - masked)), rel=1e-3)
    assert row.by_layer[0].sum() == pytest.approx(text - masked + gap[0].item(), abs=1e-4)  # special tokens don't change at the embedding


def test_more_rows_of_a_path_close_the_gap(classifier_of):
    case = open_case(classifier_of("bert-calm"), Query("bert", TEXT))
    gaps = [run_method(case, method).qualities[0].value for method in ("path", "path9", "path17")]
    assert gaps[0] > gaps[1] > gaps[2] and gaps[2] < 5


def test_a_calibrated_layer_is_the_one_shown(classifier_of):
    classifier = classifier_of("bert")
    known = Calibration(
        classifier.spec.name, classifier.revision, head="", method="faithful", rule="target", layer=2, phi=(0.1, 0.2, 0.4, 0.3), low=(0.0,) * 4,
        high=(0.5,) * 4, ties=(), random=0.0, n_texts=16, removal="mask", source="",
    )  # fmt: skip
    case = open_case(dataclasses.replace(classifier, calibrations={known.key: known}), Query("bert", TEXT))
    row = run_method(case, "faithful")
    assert row.layer == 2 and (row.scores == row.by_layer[2]).all() and known.sentence in row.notes
    assert dict(row.choices)["layer"] == "2, by the rule “calibrated”"


def test_progress_is_told_and_may_stop_the_work(classifier_of):
    told = []
    case = open_case(classifier_of("bert"), QUERIES["windows"][1], tell=lambda stage, share: told.append((stage, share)))
    run_method(case, "path")
    assert {stage for stage, _ in told} == {"Running “path-integrated, 5 rows”"} and len(told) == len(case.windows)
    assert [share for _, share in told] == sorted(share for _, share in told)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_method(open_case(classifier_of("bert"), Query("bert", TEXT), tell=stop), "faithful")
