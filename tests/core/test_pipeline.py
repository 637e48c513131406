"""Text in, report out, on every family: consistent, finite, repeatable; and a sentence for all that can't be answered."""

import dataclasses
import pickle

import numpy as np
import pytest

from core.combine import merge_tokens
from core.errors import MethodError, SaliencyError, TargetError, TextError
from core.labels import MULTI_LABEL, REGRESSION
from core.methods import METHODS, ON_DEMAND
from core.pipeline import add_methods, analyse
from core.records import LayerReport, Query, Settings
from tests.core.oracles import assert_reports_equal, encode
from tests.families import FAMILIES, LABELS, TEXT

ALL = Settings(methods=ON_DEMAND, top_k=3)
LONG = " ".join([TEXT] * 8)
ONE_PASS = {"decoded", "undecoded", "layer_mean", "gradient_norm", "grad_cam", "absolute"}


def _query(text: str = TEXT, **fields) -> Query:
    return Query("tiny", text, **fields)


@pytest.fixture(scope="module")
def report_of(classifier_of):
    """`report_of(name)`: a full report on TEXT, made once for this file."""
    made = {}

    def get(name: str) -> LayerReport:
        if name not in made:
            made[name] = analyse(classifier_of(name), _query(settings=ALL))
        return made[name]

    return get


def _check(report: LayerReport, methods: set[str], n_layers: int = 4) -> None:
    """Every shape and range that the records promise."""
    n_tokens, content = len(report.tokens.texts), ~report.tokens.is_special
    assert set(report.maps) == set(report.choices) == methods
    for name, saliency in report.maps.items():
        card = METHODS[name]
        rows = 1 if name in ("layer_mean", "fast") else n_layers
        assert saliency.scores.shape == (rows, n_tokens) and np.isfinite(saliency.scores).all()
        assert (saliency.method, saliency.signed, saliency.unit, saliency.rows) == (name, card.signed, card.unit, card.rows)
        assert saliency.signed or (saliency.scores >= 0).all()
        assert np.abs(saliency.scores[:, content]).max() > 0 or name in ("grad_cam", "layer_mean")  # clipped, or cancelled out
        assert (saliency.seed is not None) == (name in ("fast", "faithful", "accurate"))
        assert (saliency.gap is not None) == name.startswith("path")
        assert saliency.gap is None or saliency.gap.shape == (n_layers,)
        assert 0 <= report.choices[name].layer < rows
    assert report.prediction.labels == LABELS
    assert report.prediction.outputs.sum() == pytest.approx(1, abs=1e-6)
    assert report.layer_outputs.shape == (n_layers, 3)
    np.testing.assert_allclose(report.layer_outputs.sum(1), 1, atol=1e-6)
    assert all(p.values.shape == (n_layers,) and np.isfinite(p.values).all() for p in report.profiles.values())
    assert report.layer_names == ("emb", "1", "2", "3")
    assert report.provenance.rows >= sum(report.maps[m].rows for m in methods if METHODS[m].on_demand)
    assert report.provenance.seconds and all(s >= 0 for s in report.provenance.seconds.values())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_report_holds_what_it_promises(name, report_of):
    report = report_of(name)
    _check(report, ONE_PASS | set(ON_DEMAND))
    decoding, n_tokens = report.decoding, len(report.tokens.texts)
    assert decoding.top_ids.shape == decoding.top_probabilities.shape == (4, n_tokens, 3)
    assert decoding.own_rank.shape == decoding.own_probability.shape == (4, n_tokens)
    assert (np.diff(decoding.top_probabilities, axis=-1) <= 0).all() and (decoding.own_rank >= 1).all()
    assert set(decoding.texts) == set(decoding.top_ids.flatten().tolist())
    assert {"own_mrr", "own_top1", "own_log_probability", "content_share"} <= set(report.profiles)
    assert report.headline == "decoded" and report.choice is report.choices["decoded"]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_prediction_is_the_classifier_s(name, family_of, report_of, classifier_of):
    import torch

    with torch.no_grad():
        logits = family_of(name).classifier()(**encode(classifier_of(name).tokenizer, TEXT)).logits[0]
    prediction = report_of(name).prediction
    np.testing.assert_allclose(prediction.logits, logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(prediction.outputs, logits.softmax(-1), rtol=1e-4, atol=1e-5)
    assert prediction.target == prediction.predicted == int(logits.argmax()) and prediction.against is None
    np.testing.assert_allclose(report_of(name).layer_outputs[-1], prediction.outputs, rtol=1e-4, atol=1e-6)


def test_own_rank_and_coherence_agree(report_of):
    report = report_of("bert")
    ranks = report.decoding.own_rank[:, ~report.tokens.is_special]
    np.testing.assert_allclose(report.profiles["own_mrr"].values, (1 / ranks).mean(1))
    np.testing.assert_allclose(report.profiles["own_top1"].values, (ranks == 1).mean(1))


@pytest.mark.parametrize("name", ["bert", "deberta-v2", "gpt2"])
def test_the_same_query_gives_the_same_report(name, report_of, classifier_of):
    assert_reports_equal(analyse(classifier_of(name), _query(settings=ALL)), report_of(name))


def test_another_text_gives_another_report(report_of, classifier_of):
    """Same length, one word changed: every map moves."""
    other = analyse(classifier_of("bert"), _query(TEXT.replace("superb", "boring"), settings=ALL))
    assert len(other.word_texts) == len(report_of("bert").word_texts)
    for name in report_of("bert").maps:
        one, two = (merge_tokens(r.maps[name].scores, r.tokens) for r in (report_of("bert"), other))
        assert not np.allclose(one, two, atol=1e-3), name


def test_the_mean_over_layers_is_taken_over_the_whole_text(classifier_of):
    """Also where the text was read in windows: each layer's magnitudes add up to one before they are averaged."""
    report = analyse(classifier_of("bert"), _query(TEXT * 12))
    assert report.coverage.windows > 1
    decoded = report.maps["decoded"].scores.astype(float)
    by_hand = (decoded / np.abs(decoded).sum(1, keepdims=True)).mean(0)
    np.testing.assert_allclose(report.maps["layer_mean"].scores[0], by_hand, atol=1e-6)


def test_methods_asked_for_later_stand_in_the_query(classifier_of):
    """So that cards and files tell what was run; a generator of names is as good as a tuple."""
    report = add_methods(classifier_of("bert"), analyse(classifier_of("bert"), _query()), (name for name in ("fast",)))
    assert report.query.settings.methods == ("fast",) and "fast" in report.maps


def test_methods_added_later_are_those_of_the_first_run(report_of, classifier_of):
    plain = analyse(classifier_of("bert"), _query())
    assert set(plain.maps) == ONE_PASS and plain.provenance.rows == 1
    told = []
    more = add_methods(classifier_of("bert"), plain, ("fast", "path"), lambda *said: told.append(said))
    assert set(more.maps) == ONE_PASS | {"fast", "path"} and set(plain.maps) == ONE_PASS
    for name in ("fast", "path"):
        assert np.array_equal(more.maps[name].scores, report_of("bert").maps[name].scores)
    assert more.provenance.rows == 1 + 2 + 5
    assert told and all(isinstance(what, str) and 0 <= share <= 1 for what, share in told)
    again = add_methods(classifier_of("bert"), more, ("fast",))
    assert again.maps["fast"] is more.maps["fast"] and again.provenance.rows == more.provenance.rows


def test_progress_may_stop_the_work(classifier_of):
    class Stop(Exception):
        pass

    def stop(what: str, share: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        analyse(classifier_of("bert"), _query(), stop)


def test_target_and_contrast(classifier_of):
    """The relevance of a contrast is the difference of the two classes' relevances."""
    classifier = classifier_of("bert")
    one, other, both = (
        analyse(classifier, _query(target=target, against=against))
        for target, against in (("positive", None), ("neutral", None), ("positive", "neutral"))
    )
    assert both.prediction.question == "positive rather than neutral" and one.prediction.question == "positive"
    got, expected = both.maps["undecoded"].scores, one.maps["undecoded"].scores - other.maps["undecoded"].scores
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    predicted = one.prediction.labels[one.prediction.predicted]
    rest = next(label for label in LABELS if label != predicted)
    assert analyse(classifier, _query(against=rest)).prediction.question == f"{predicted} rather than {rest}"


# --- refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u00a0\u3000"])
def test_blank_texts_are_refused(text, classifier_of):
    with pytest.raises(TextError, match="at least one word"):
        analyse(classifier_of("bert"), _query(text))


def test_unknown_labels_are_refused_with_those_there_are(classifier_of):
    for fields in (dict(target="angry"), dict(target="positive", against="angry"), dict(against="angry")):
        with pytest.raises(TargetError, match="angry.*negative, neutral, positive"):
            analyse(classifier_of("bert"), _query(**fields))


def test_one_class_on_both_sides_is_refused(classifier_of, report_of):
    with pytest.raises(TargetError, match="neutral"):
        analyse(classifier_of("bert"), _query(target="neutral", against="neutral"))
    prediction = report_of("bert").prediction
    with pytest.raises(TargetError, match=prediction.labels[prediction.predicted]):
        analyse(classifier_of("bert"), _query(against=prediction.labels[prediction.predicted]))


def test_unknown_methods_are_refused_with_those_there_are(classifier_of, report_of):
    with pytest.raises(MethodError, match="magic.*faithful"):
        analyse(classifier_of("bert"), _query(settings=Settings(methods=("magic",))))
    with pytest.raises(MethodError, match="magic.*faithful"):
        add_methods(classifier_of("bert"), report_of("bert"), ("magic",))


def test_decoding_without_a_head_is_refused(classifier_of):
    with pytest.raises(MethodError, match="decoded"):
        analyse(classifier_of("bert-headless"), _query(settings=Settings(methods=("decoded",))))


def test_every_refusal_is_one_sentence(classifier_of):
    classifier = classifier_of("bert")
    for query in (_query(""), _query(target="x"), _query(target="neutral", against="neutral"), _query(settings=Settings(methods=("x",)))):
        with pytest.raises(SaliencyError) as caught:
            analyse(classifier, query)
        message = str(caught.value)
        assert (message[0].isupper() or message[0] == "“") and message.endswith(".") and "\n" not in message and "  " not in message and "( " not in message


# --- other shapes of text -------------------------------------------------------------------------------------------
def test_without_a_head_there_is_no_decoding(classifier_of, report_of):
    report = analyse(classifier_of("bert-headless"), _query(settings=ALL))
    _check(report, ONE_PASS - {"decoded"} | set(ON_DEMAND))
    assert report.decoding is None and report.headline == "undecoded" and set(report.profiles) == {"content_share"}
    for name in ("undecoded", "grad_cam", "faithful", "path"):
        assert np.array_equal(report.maps[name].scores, report_of("bert").maps[name].scores)


@pytest.mark.parametrize("name", ["bert", "xlm-roberta", "modernbert", "gpt2"])
def test_a_long_text_is_read_in_windows(name, classifier_of):
    settings = dataclasses.replace(ALL, overlap=8, max_windows=3, expected_embedding=True)
    report = analyse(classifier_of(name), _query(LONG, settings=settings))
    _check(report, ONE_PASS | set(ON_DEMAND))
    assert report.coverage.windows == 3 and len(report.tokens.texts) > 64
    assert 0 < report.coverage.share <= 1 and "embedding_cosine" in report.profiles
    assert (np.abs(report.maps["undecoded"].scores[1]).reshape(-1)[~report.tokens.is_special] > 0).all()


def test_windows_are_scored_one_by_one(classifier_of):
    """A token's scores are those of its window read as a batch of its own; logits are their mean by content tokens."""
    from core.saliency import score_one_pass
    from core.tokens import tokenize_windows
    from core.trace import trace_layers

    classifier, settings = classifier_of("bert"), Settings(overlap=8, max_windows=3)
    report = analyse(classifier, _query(LONG, target="neutral", settings=settings))
    reading = tokenize_windows(classifier, LONG, settings)
    windows = [reading.batch.window(b) for b in range(3)]
    traces = [trace_layers(classifier, window, target=1) for window in windows]
    for name in ("decoded", "undecoded", "grad_cam"):
        scores = [score_one_pass(trace, classifier.lm_head)[name][:, 0] for trace in traces]
        expected = np.stack([scores[b][:, p].numpy() for b, p in zip(reading.window, reading.position)], axis=1)
        assert np.array_equal(report.maps[name].scores, expected)
    counts = [int(window.is_content.sum()) for window in windows]
    mean = sum(n * trace.logits[0] for n, trace in zip(counts, traces)) / sum(counts)
    np.testing.assert_allclose(report.prediction.logits, mean, rtol=1e-5)


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama"])
@pytest.mark.parametrize(
    "text",
    ["a", "!", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "x" * 500, "<script>alert(1)</script>", "the סרט \u202ewas\u0000 e\u0301"],
    ids=["letter", "mark", "emoji", "long word", "markup", "odd"],
)
def test_odd_texts_give_a_report(name, text, classifier_of):
    report = analyse(classifier_of(name), _query(text))
    _check(report, ONE_PASS)
    assert report.query.text == text and "".join(report.word_texts) != ""


@pytest.mark.parametrize("name", ["bert", "gpt2", "xlm-roberta"])
def test_a_lone_surrogate_is_read_or_refused_in_a_sentence(name, classifier_of):
    """Half a character, as a cut string from JavaScript may hold."""
    try:
        _check(analyse(classifier_of(name), _query("superb \ud83d film")), ONE_PASS)
    except TextError as error:
        assert str(error).endswith(".")


def test_reports_travel(report_of):
    """To another process and back, as caches do."""
    assert_reports_equal(pickle.loads(pickle.dumps(report_of("bert"))), report_of("bert"))
    assert isinstance(hash(report_of("bert").query), int)


def test_reports_are_arrays_and_strings_only(report_of):
    import torch

    def leaves(value):
        if dataclasses.is_dataclass(value):
            value = [getattr(value, field.name) for field in dataclasses.fields(value)]
        if isinstance(value, dict):
            value = [*value, *value.values()]
        if isinstance(value, (list, tuple)):
            for part in value:
                yield from leaves(part)
        else:
            yield value

    found = list(leaves(report_of("bert")))
    assert not any(isinstance(leaf, torch.Tensor) for leaf in found)
    assert {type(leaf) for leaf in found} <= {str, int, float, bool, type(None), np.ndarray}


# --- pairs ----------------------------------------------------------------------------------------------------------
SECOND = "A dull, dreadful plot; nobody laughed."
PAIR_KINDS = ("bert", "roberta", "deberta-v2", "gpt2", "llama")


@pytest.mark.parametrize("name", PAIR_KINDS)
def test_the_prediction_on_a_pair_is_the_classifier_s(name, variant_folder, variant_of):
    """On what the tokenizer makes of the two, token types included, through transformers' own forward."""
    import torch
    from transformers import AutoModelForSequenceClassification

    classifier = variant_of(name)
    model = AutoModelForSequenceClassification.from_pretrained(variant_folder(name)).eval()
    with torch.no_grad():
        logits = model(**classifier.tokenizer(TEXT, SECOND, return_tensors="pt")).logits[0]
        alone = model(**classifier.tokenizer(TEXT, return_tensors="pt")).logits[0]
    report = analyse(classifier, _query(text_pair=SECOND, settings=ALL))
    _check(report, ONE_PASS | set(ON_DEMAND))
    np.testing.assert_allclose(report.prediction.logits, logits, rtol=1e-4, atol=1e-5)
    assert not np.allclose(logits, alone, atol=1e-3), "the test would not see that the second text was left out"
    np.testing.assert_allclose(report.layer_outputs[-1], report.prediction.outputs, rtol=1e-4, atol=1e-6)
    for words in report.query.text_spans:
        inside = [text for text, (start, end) in zip(report.word_texts, report.tokens.word_spans) if words[0] <= start and end <= words[1]]
        assert inside and " ".join(inside)[0] == report.query.joined[words[0]]


def test_token_types_change_what_bert_says_and_are_part_of_every_pass(variant_of):
    """Swapped types give other logits, other gradients and other rows of the on-demand methods."""
    import torch

    from core.saliency import score_rows
    from core.tokens import tokenize_windows
    from core.trace import predict_logits, trace_layers

    classifier = variant_of("bert")
    batch = tokenize_windows(classifier, TEXT, Settings(), SECOND).batch
    swapped = dataclasses.replace(batch, token_type_ids=1 - batch.token_type_ids)
    for measure in (
        lambda b: predict_logits(classifier, b),
        lambda b: trace_layers(classifier, b, 0).logits,
        lambda b: trace_layers(classifier, b, 0).gradient,
        lambda b: score_rows(classifier, b, "path", 0, None)[0],
        lambda b: score_rows(classifier, b, "faithful", 0, None)[0],
    ):
        assert torch.equal(measure(batch), measure(batch)) and not torch.allclose(measure(batch), measure(swapped), atol=1e-4)


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_rows_mask_both_texts_and_no_special_token(name, variant_of):
    """A path's scores add up to the change from both texts hidden to both shown, specials kept, but for the gap it tells."""
    import torch

    from core.tokens import tokenize_windows
    from core.trace import trace_rows

    classifier = variant_of(name)
    batch = tokenize_windows(classifier, TEXT, Settings(), SECOND).batch
    rows = trace_rows(classifier, batch, torch.stack([torch.zeros(batch.input_ids.shape[1]), torch.ones(batch.input_ids.shape[1])]), 0)
    words, mask = classifier.model.get_input_embeddings()(batch.input_ids)[0], classifier.mask[1]
    special = batch.is_special[0]
    assert int(special.sum()) == {"bert": 3, "roberta": 4}[name]
    assert torch.equal(rows.words[0][special], words[special]) and torch.equal(rows.words[1], words)
    assert torch.equal(rows.words[0][~special], mask.expand_as(words[~special]))
    assert (rows.batch.token_type_ids is None) == (name == "roberta")


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_long_pairs_are_read_in_windows(name, variant_of):
    settings = dataclasses.replace(ALL, overlap=8, max_windows=3)
    report = analyse(variant_of(name), _query(LONG, text_pair=SECOND, settings=settings))
    _check(report, ONE_PASS | set(ON_DEMAND))
    assert report.coverage.windows == 3 and 0 < report.coverage.share < 1
    assert report.word_texts[-1] == "." and "nobody" in report.word_texts
    (start, end), (low, high) = report.coverage.unread[0], report.query.text_spans[0]
    assert low < start < end == high


def test_a_model_of_pairs_reads_one_text_too(variant_of):
    report = analyse(variant_of("bert"), _query())
    assert report.query.text_pair is None and report.query.joined == TEXT and report.tokens.is_special.sum() == 2


@pytest.mark.parametrize("first, second, said", [(TEXT, "", "second"), ("", TEXT, "first"), (" ", " ", "first")])
def test_a_blank_text_of_a_pair_is_refused(first, second, said, variant_of):
    with pytest.raises(TextError, match=f"The {said} text is empty"):
        analyse(variant_of("bert"), _query(first, text_pair=second))


# --- other kinds of answers -----------------------------------------------------------------------------------------
EMOTIONS = ("joy", "anger", "surprise")


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_labels_that_do_not_exclude_each_other_have_a_probability_each(name, variant_of, variant_folder):
    import torch
    from transformers import AutoModelForSequenceClassification

    classifier = variant_of(name, EMOTIONS, MULTI_LABEL)
    report = analyse(classifier, _query(settings=ALL))
    with torch.no_grad():
        model = AutoModelForSequenceClassification.from_pretrained(variant_folder(name, EMOTIONS, MULTI_LABEL)).eval()
        logits = model(**classifier.tokenizer(TEXT, return_tensors="pt")).logits[0]
    prediction = report.prediction
    assert prediction.problem_type == MULTI_LABEL and prediction.labels == EMOTIONS and prediction.is_probability
    np.testing.assert_allclose(prediction.outputs, logits.sigmoid(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(report.layer_outputs[-1], prediction.outputs, rtol=1e-4, atol=1e-6)
    assert prediction.target == prediction.predicted == int(logits.argmax())
    assert all(saliency.unit == METHODS[method].unit for method, saliency in report.maps.items())


def test_a_contrast_of_two_labels_is_the_difference_of_their_logits(variant_of):
    classifier = variant_of("bert", EMOTIONS, MULTI_LABEL)
    one, other, both = (
        analyse(classifier, _query(target=target, against=against)).maps["undecoded"].scores
        for target, against in (("joy", None), ("anger", None), ("joy", "anger"))
    )
    np.testing.assert_allclose(both, one - other, rtol=1e-4, atol=1e-4 * np.abs(both).max())


@pytest.mark.parametrize("name", ["bert", "roberta", "gpt2"])
def test_the_value_of_a_regression_is_told_as_it_is(name, variant_of, variant_folder):
    import torch
    from transformers import AutoModelForSequenceClassification

    classifier = variant_of(name, ("LABEL_0",), None)
    report = analyse(classifier, _query(settings=ALL))
    with torch.no_grad():
        model = AutoModelForSequenceClassification.from_pretrained(variant_folder(name, ("LABEL_0",), None)).eval()
        value = model(**classifier.tokenizer(TEXT, return_tensors="pt")).logits[0]
    prediction = report.prediction
    assert prediction.problem_type == REGRESSION and prediction.labels == ("score",) and not prediction.is_probability
    np.testing.assert_allclose(prediction.outputs, value, rtol=1e-4, atol=1e-5)
    assert np.array_equal(prediction.outputs, prediction.logits) and report.layer_outputs.shape == (4, 1)
    assert prediction.target == 0 and prediction.question == "score"
    assert not any("logit" in saliency.unit or any("logit" in note for note in saliency.notes) for saliency in report.maps.values())
    np.testing.assert_allclose(report.layer_outputs[-1], prediction.outputs, rtol=1e-4, atol=1e-5)


def test_one_output_can_t_be_contrasted(variant_of):
    with pytest.raises(TargetError, match="one output, “score”"):
        analyse(variant_of("bert", ("LABEL_0",), None), _query(against="score"))
    assert analyse(variant_of("bert", ("LABEL_0",), None), _query(target="score")).prediction.target == 0


def test_of_several_values_the_first_is_explained_and_two_can_be_contrasted(variant_of):
    """Whichever is the largest: values on different scales can't be compared."""
    classifier = variant_of("bert", EMOTIONS, REGRESSION)
    for text in (TEXT, LONG, "superb", "dull plot", "far too long"):
        assert analyse(classifier, _query(text)).prediction.target == 0
    contrast = analyse(classifier, _query(target="anger", against="joy"))
    assert contrast.prediction.question == "anger rather than joy"
    with pytest.raises(TargetError, match="“joy” is both the output explained"):
        analyse(classifier, _query(against="joy"))
