"""The smallest edit that flips an answer: against reports on the edited texts, and against every subset where that can be had."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest
import torch

from core import flip as search
from core.__main__ import main
from core.case import open_case
from core.catalog import CATALOG
from core.edit_records import FLIP_WAYS
from core.edits import apply_edits
from core.errors import MethodError, TargetError
from core.flip import find_flip
from core.flip_words import Covered, claim
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.suggest import suggest
from core.tokens import tokenize_windows
from core.turns import Cancelled
from tests.core.oracles import Frozen
from tests.families import SENTENCES, TEXT

PAIR = Query("tiny", "A quiet, unhurried film.", text_pair="Nobody enjoyed the ending.")


def _report(classifier, query: Query, text: str, pair: str | None = None):
    classifier = dataclasses.replace(classifier, lm_head=None)  # what is read in the layers is of no interest here
    return analyse(classifier, Query(query.model, text, query.target, settings=query.settings, text_pair=pair))


def _check(flip, classifier, query: Query) -> None:
    """What it says of itself is what reports on its texts say."""
    tokens = tokenize_windows(classifier, query.text, query.settings, query.text_pair).tokens
    before = _report(classifier, query, query.text, query.text_pair).prediction
    np.testing.assert_allclose(flip.outputs_before, before.outputs, atol=1e-5)
    for n, step in enumerate(flip.steps, 1):
        texts = apply_edits(query, tokens, flip.edits[:n], classifier.mask_token)
        np.testing.assert_allclose(step.outputs, _report(classifier, query, *texts).prediction.outputs, atol=1e-5)
        start, end = tokens.word_spans[step.word]
        assert step.said == query.joined[start:end] and (step.replacement is None) == (flip.way != "replace")
    if flip.steps:
        assert (flip.text, flip.text_pair) == texts
    else:
        assert (flip.text, flip.text_pair) == (query.text, query.text_pair) and not flip.flipped
    assert len(flip.steps) <= flip.most and flip.seconds > 0 and flip.tried > 0
    assert all(f"“{step.said}”" in flip.sentence() for step in flip.steps)


@pytest.mark.parametrize("way", FLIP_WAYS)
@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_reports_on_the_edited_text_agree(name, way, classifier_of):
    classifier = classifier_of(name)
    for text in SENTENCES[:2]:
        query = Query("tiny", text)
        with Frozen(classifier.model, classifier.lm_head):
            flip = find_flip(classifier, query, way)
        _check(flip, classifier, query)
        said = _report(classifier, query, flip.text).prediction
        assert flip.flipped == (said.predicted != flip.before) and flip.after == said.predicted


def _least(masked, before: int, most: int) -> int | None:
    """How many words must be masked at the least, every subset tried by the removal operator; None: more than `most`."""
    for n in range(1, most + 1):
        keep = np.ones((0, masked.n_words), bool)
        for words in combinations(range(masked.n_words), n):
            row = np.ones((1, masked.n_words), bool)
            row[0, list(words)] = False
            keep = np.concatenate([keep, row])
        if (masked.logits(keep).argmax(1) != before).any():
            return n
    return None


@pytest.mark.parametrize("model", ["sentiment", "bert"])
def test_what_it_calls_the_least_is_the_least_and_every_step_is_needed(model, classifier_of):
    if model == "bert":
        classifier, texts = classifier_of("bert"), SENTENCES[:4]
    else:
        classifier = load_classifier(CATALOG[model], "cpu")
        names = ("double negative", "a turn at the end", "mixed review", "not bad")
        gallery = dict(zip(_gallery_names(), CATALOG[model].gallery))
        texts = [gallery[name] for name in names]
    sizes = []
    for text in texts:
        query = Query(model, text)
        flip, case = find_flip(classifier, query), open_case(classifier, query)
        least = _least(case.masked, flip.before, 2)
        if not flip.flipped:
            assert least is None
            continue
        n = len(flip.steps)
        sizes.append(n)
        assert least == n if n <= 2 else least is None
        is_called_least = "the least" in flip.is_smallest_of or "so fewer than" in flip.is_smallest_of
        assert is_called_least == (n <= 3) and ("not proven" in flip.is_smallest_of) == (n > 3)
        for left_out in range(n if n > 1 else 0):
            edits = [edit for i, edit in enumerate(flip.edits) if i != left_out]
            text_then, _ = apply_edits(query, case.reading.tokens, edits, classifier.mask_token)
            assert _report(classifier, query, text_then).prediction.predicted == flip.before
    assert sizes and (model == "bert" or {1, 2, 3} <= set(sizes))


def _gallery_names():
    from core.embedded.gallery import GALLERIES

    return GALLERIES["sentiment"]


def test_two_words_that_greed_misses_are_found(classifier_of, monkeypatch):
    """A game in which word 0 lowers the class most, but only words 1 and 2 together flip it; greed alone needs three."""
    classifier, query = classifier_of("bert"), Query("tiny", "a b c d e")
    worth = {frozenset(): 5.0, frozenset({1, 2}): -1.0, frozenset({0, 1, 2}): -3.0}

    def logits(self, texts):
        rows = []
        for text, _ in texts:
            hidden = frozenset(i for i, piece in enumerate(text.split(" ")) if piece == "[MASK]")
            margin = worth.get(hidden, 5.0 - 1.5 * (0 in hidden) - 0.5 * len(hidden - {0}))
            rows.append([margin, 0.0, -9.0])
        return np.array(rows)

    monkeypatch.setattr(search.EditedTexts, "logits", logits)
    flip = find_flip(classifier, query)
    assert flip.flipped and [step.word for step in flip.steps] == [1, 2] and flip.text == "a [MASK] [MASK] d e"
    assert "so fewer than 2 words masked can't" in flip.is_smallest_of
    monkeypatch.setattr(search, "PAIRS_UP_TO", 4)  # a longer text
    assert len(find_flip(classifier, query).steps) == 2  # greed goes 0, 1, 2 and takes 0 back
    worth[frozenset({1, 2})] = 4.0
    greedy = find_flip(classifier, query)
    assert [step.word for step in greedy.steps] == [0, 1, 2] and "not proven smallest" in greedy.is_smallest_of


@pytest.mark.parametrize("way", FLIP_WAYS)
def test_a_pair_of_texts(way, variant_of):
    flip = find_flip(variant_of("bert"), PAIR, way)
    _check(flip, variant_of("bert"), PAIR)
    assert flip.text_pair is not None and flip.text.strip() and flip.text_pair.strip()


@pytest.mark.parametrize("text", ["Wonderful", "wonderful 👏🏽", "סרט נפלא, באמת נפלא", "很好看"])
@pytest.mark.parametrize("way", FLIP_WAYS)
def test_short_and_foreign_texts(way, text, classifier_of):
    query = Query("tiny", text)
    flip = find_flip(classifier_of("bert"), query, way)
    _check(flip, classifier_of("bert"), query)
    if way == "delete" and text == "Wonderful":  # which would leave nothing
        assert not flip.flipped and not flip.steps and flip.is_smallest_of == "No word of this text can be left out."


def test_decoders_leave_out_and_replace(classifier_of):
    classifier, query = classifier_of("gpt2"), Query("tiny", TEXT)
    with pytest.raises(MethodError, match="no token that masks"):
        find_flip(classifier, query, "mask")
    for way in ("delete", "replace"):
        flip = find_flip(classifier, query, way)
        _check(flip, classifier, query)
        assert way == "delete" or all(step.word > 0 for step in flip.steps)  # nothing stands before the first word


def test_replacements_are_the_words_that_are_suggested(classifier_of):
    classifier = classifier_of("bert")
    for text in SENTENCES[:2]:
        query = Query("tiny", text)
        for step in find_flip(classifier, query, "replace").steps:
            assert step.replacement in [fill.text for fill in suggest(classifier, query, step.word).fills]


@pytest.mark.parametrize(("labels", "problem"), [(("a", "b", "c"), "multi_label_classification"), (("a",), "multi_label_classification")])
@pytest.mark.parametrize("way", ["mask", "delete"])
def test_of_several_labels_and_of_one_output_the_one_explained_crosses_one_half(way, labels, problem, variant_of):
    classifier, sides = variant_of("bert", labels, problem), set()
    for text in SENTENCES[:2]:
        for target in labels:
            query = Query("tiny", text, target)
            flip = find_flip(classifier, query, way)
            if target == labels[0]:
                _check(flip, classifier, query)
            index = labels.index(target)
            was, now = flip.outputs_before[index], flip.outputs[index]
            assert flip.before == flip.after == index and flip.flipped == ((was > 0.5) != (now > 0.5))
            if flip.flipped:
                sides.add(bool(now > 0.5))
                assert ("rises above one half" if now > 0.5 else "falls below one half") in flip.sentence()
    assert sides == {True, False} or len(labels) == 1
    first = find_flip(classifier, Query("tiny", TEXT), way)
    assert first.before == int(first.outputs_before.argmax())


def test_what_has_no_answer_to_flip_is_refused(variant_of, classifier_of):
    with pytest.raises(TargetError, match="a value, “score”"):
        find_flip(variant_of("bert", ("score",), None), Query("tiny", TEXT))
    with pytest.raises(MethodError, match="mask, delete, replace"):
        find_flip(classifier_of("bert"), Query("tiny", TEXT), "shuffle")
    with pytest.raises(MethodError, match="language-model head"):
        find_flip(classifier_of("bert-headless"), Query("tiny", TEXT), "replace")
    with pytest.raises(MethodError, match="1 or more"):
        find_flip(classifier_of("bert"), Query("tiny", TEXT), most=0)
    with pytest.raises(TargetError, match="no class “x”"):
        find_flip(classifier_of("bert"), Query("tiny", TEXT, "x"))


def test_it_changes_no_more_words_than_it_may():
    classifier = load_classifier(CATALOG["sentiment"], "cpu")
    query = Query("sentiment", "Beautiful costumes, a lovely score, gorgeous landscapes, and not one scene that I believed.")
    bound, free = find_flip(classifier, query, most=2), find_flip(classifier, query)
    assert not bound.flipped and len(bound.steps) == 2 and bound.most == 2 and "still the same answer" in bound.sentence()
    assert "does not prove" in bound.is_smallest_of and bound.outputs[bound.before] < bound.outputs_before[bound.before]
    assert free.flipped and len(free.steps) == 3 and free.most == 8


def test_a_long_text_in_windows_and_only_the_words_that_matter(classifier_of, monkeypatch):
    """The words that are tried are those whose masking lowers the class most by the gradient, here taken by hand."""
    monkeypatch.setattr(search, "MOST_WORDS", 6)
    classifier = classifier_of("bert")
    short, long = Query("tiny", TEXT), Query("tiny", " ".join([TEXT] * 7), settings=Settings(overlap=20))
    flip = find_flip(classifier, long)
    _check(flip, classifier, long)
    n_words = len(tokenize_windows(classifier, long.text, long.settings).tokens.word_spans)
    assert flip.is_smallest_of == "One word is the least that can be changed." or f"6 of {n_words} words, those that" in flip.is_smallest_of
    tokens = tokenize_windows(classifier, TEXT, Settings()).tokens
    ids = torch.tensor([classifier.tokenizer(TEXT)["input_ids"]])
    table = classifier.model.get_input_embeddings().weight
    words = table[ids].detach().requires_grad_()
    logits = classifier.model(inputs_embeds=words).logits[0]
    (logits.max() - logits.topk(2).values[1]).backward()
    lower = ((table[classifier.tokenizer.mask_token_id] - words) * words.grad).sum(-1)[0].detach().numpy()
    by_word = np.array([lower[tokens.word_of == word].sum() for word in range(len(tokens.word_spans))])
    monkeypatch.setattr(search, "MOST_WORDS", 4)
    found = search._Search(classifier, short, "mask", None, lambda *_: None)
    assert sorted(np.argsort(by_word)[:4].tolist()) == [word for word, _ in found._candidates()]


def test_it_tells_how_far_it_is_and_stops_in_the_middle(classifier_of):
    classifier, query, told = classifier_of("bert"), Query("tiny", SENTENCES[0]), []
    find_flip(classifier, query, "replace", tell=lambda stage, share: told.append((stage, share)))
    assert all(0 <= share <= 1 for _, share in told) and len({stage for stage, _ in told}) >= 3

    def stop(stage: str, share: float) -> None:
        if share >= 0.2:
            raise Cancelled

    with Frozen(classifier.model, classifier.lm_head), pytest.raises(Cancelled):
        find_flip(classifier, query, "replace", tell=stop)
    assert find_flip(classifier, query, "replace").text == find_flip(classifier, query, "replace").text


@pytest.mark.parametrize(
    ("covered", "way", "n", "flipped", "said"),
    [
        (Covered(9, 9, 8, False), "mask", 1, True, "One word is the least that can be changed."),
        (Covered(9, 9, 8, False), "mask", 2, True, "None of these flips the answer, so fewer than 2 words masked can't."),
        (Covered(9, 9, 8, True), "delete", 3, True, "None of these flips the answer, so fewer than 3 words left out can't."),
        (Covered(9, 9, 8, True), "mask", 4, True, "and every two of them together. None of these flips the answer. Of larger changes"),
        (Covered(30, 30, 8, False), "mask", 3, True, "not proven smallest."),
        (Covered(300, 128, 8, False, True), "mask", 2, True, "128 of 300 words, those that should matter most by the gradient,"),
        (Covered(9, 7, 8, True, False, 8), "replace", 2, True, "not proven smallest."),
        (Covered(9, 9, 8, True), "mask", 8, False, "then up to 8 together by a greedy search. None of these flips the answer, which does not prove"),
        (Covered(2, 2, 2, True), "mask", 2, False, "Every word was tried alone, and every two of them together. None"),
        (Covered(1, 0, 1, False), "delete", 0, False, "No word of this text can be left out."),
    ],
)  # fmt: skip
def test_it_claims_no_more_than_it_tried(covered, way, n, flipped, said):
    assert said in claim(covered, way, n, flipped)
    if covered.candidates < covered.words or way == "replace":
        assert not any(part in claim(covered, way, n, flipped) for part in ("the least", "so fewer than"))


def test_the_command_line_shows_the_flip(classifier_of, family_of, capsys):
    folder, text = str(family_of("bert").path), SENTENCES[0]
    assert main(["--model", folder, "--flip", "delete", text]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    flip = find_flip(classifier_of("bert"), Query("tiny", text), "delete")
    for said in (flip.sentence(), flip.is_smallest_of, flip.text, *(f"“{step.said}” left out" for step in flip.steps)):
        assert " ".join(said.split()) in shown
    assert main(["--model", folder, "--flip", "mask", " "]) == 2
    with pytest.raises(SystemExit):
        main(["--flip", "mask", "--json", "-", text])
