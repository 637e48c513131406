"""Texts with words hidden: against transformers' own model asked one text at a time, its ids changed by hand."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from core import removal
from core.case import open_case
from core.errors import MethodError
from core.records import Query, Settings
from core.removal import MaskedTexts
from core.turns import Cancelled
from tests.core.oracles import Frozen
from tests.core.test_memory import room_for
from tests.families import LIMIT, SUPPORTED, TEXT

SHORT = "A quiet, unhurried film."
SECOND = "Nobody enjoyed the ending."
HOW = ("mask", "delete", "unknown")
FAMILIES = ("bert", "roberta", "deberta-v2", "modernbert", "gpt2", "llama", "xlnet", "bart", "t5")
FILLERS = {  # family → what stands for a hidden piece with “mask”
    "bert": "[MASK]", "roberta": "<mask>", "deberta-v2": "[MASK]", "modernbert": "[MASK]", "xlnet": "[MASK]", "bart": "<mask>",
    "gpt2": "<|endoftext|>", "llama": "<unk>", "t5": "<unk>",
}  # fmt: skip


def _case(classifier, text=TEXT, how="mask", **query):
    return open_case(classifier, Query("tiny", text, **query), how)


def _keep(n: int, n_words: int) -> np.ndarray:
    """(n, W): everything, nothing, and as many words as it comes."""
    chance = np.random.default_rng(n_words)
    keep = chance.random((n, n_words)) < chance.random((n, 1))
    keep[0], keep[1] = True, False
    return keep


def _ask_by_hand(classifier, encoded: dict, word_of: list[int], keep: np.ndarray, how: str, filler: int) -> np.ndarray:
    """(C) one text, its ids and types as lists, word −1 being special: hidden pieces dropped, or changed to `filler`."""
    shown = [word < 0 or bool(keep[word]) for word in word_of]
    ids = [i if is_shown else filler for i, is_shown in zip(encoded["input_ids"], shown)]
    inputs = {"input_ids": ids, **({"token_type_ids": encoded["token_type_ids"]} if "token_type_ids" in encoded else {})}
    if how == "delete":
        inputs = {name: [x for x, is_shown in zip(values, shown) if is_shown] for name, values in inputs.items()}
        inputs = inputs if inputs["input_ids"] else {"input_ids": [filler]}
    tensors = {name: torch.tensor([values]) for name, values in inputs.items()}
    if int(filler) == classifier.model.config.pad_token_id and how != "delete":  # as embeddings, for ids of padding would be left out
        tensors["inputs_embeds"] = classifier.model.get_input_embeddings()(tensors.pop("input_ids"))
    with torch.no_grad():
        return classifier.model(**tensors).logits[0].numpy()


def _filler(classifier, how: str, name: str) -> int:
    tokenizer = classifier.tokenizer
    return tokenizer.unk_token_id if how == "unknown" else tokenizer.convert_tokens_to_ids(FILLERS[name])


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", FAMILIES)
def test_rows_say_what_the_model_says_of_each_text_alone(name, how, classifier_of):
    classifier = classifier_of(name)
    with Frozen(classifier.model):
        case = _case(classifier, how=how)
        keep = _keep(12, case.n_words)
        got = case.masked.logits(keep)
    ids = [int(i) for i in case.reading.batch.input_ids[0]]
    words = case.reading.tokens.word_of.tolist()
    expected = [_ask_by_hand(classifier, {"input_ids": ids}, words, row, how, _filler(classifier, how, name)) for row in keep]
    np.testing.assert_allclose(got, np.stack(expected), atol=5e-6)
    assert np.abs(got[0] - case.prediction.logits).max() < 5e-6
    assert np.ptp(got, axis=0).max() > 0.1 and case.masked.forwards == len(np.unique(keep, axis=0))


@pytest.mark.parametrize("name", SUPPORTED)
def test_no_row_depends_on_those_beside_it(name, classifier_of):
    """Every family, words left out: nothing is padded, so nothing can be pooled or counted at padding."""
    classifier = classifier_of(name)
    case = _case(classifier, how="delete")
    keep = _keep(6, case.n_words)
    together = case.masked.logits(keep)
    alone = [_case(classifier, how="delete").masked.logits(row)[0] for row in keep]
    assert np.isfinite(together).all() and np.abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("name", FILLERS)
def test_what_stands_for_a_hidden_word_is_named(name, classifier_of):
    assert _case(classifier_of(name)).masked.replacement == f"{FILLERS[name]}, piece by piece"
    assert "left out" in _case(classifier_of(name), how="delete").masked.replacement
    with pytest.raises(MethodError, match="mask, delete, unknown"):
        _case(classifier_of(name), how="shuffle").masked.logits(np.ones(1))


def test_without_mask_and_unknown_token_the_mean_embedding_stands_for_a_word(classifier_of):
    tokenizer = copy.deepcopy(classifier_of("llama").tokenizer)
    tokenizer.unk_token = None
    classifier = dataclasses.replace(classifier_of("llama"), tokenizer=tokenizer)
    case = _case(classifier)
    keep = _keep(4, case.n_words)
    words = classifier.model.get_input_embeddings().weight
    shown = torch.tensor(np.append(keep, np.ones((4, 1), bool), axis=1)[:, case.reading.tokens.word_of])
    with torch.no_grad():
        mixed = torch.where(shown[..., None], words[case.reading.batch.input_ids], words.mean(0))
        expected = classifier.model(inputs_embeds=mixed).logits.numpy()
    assert case.masked.replacement.startswith("mean word embedding")
    np.testing.assert_allclose(case.masked.logits(keep), expected, atol=5e-6)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_pairs_keep_their_special_tokens_and_types(name, how, variant_of):
    classifier = variant_of(name)
    case = _case(classifier, SHORT, how, text_pair=SECOND)
    keep = _keep(8, case.n_words)
    encoded = classifier.tokenizer(SHORT, SECOND)
    encoded = {"input_ids": encoded["input_ids"], **({"token_type_ids": encoded["token_type_ids"]} if name == "bert" else {})}
    words = case.reading.tokens.word_of.tolist()
    expected = [_ask_by_hand(classifier, encoded, words, row, how, _filler(classifier, how, name)) for row in keep]
    np.testing.assert_allclose(case.masked.logits(keep), np.stack(expected), atol=5e-6)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_a_word_is_hidden_in_every_window_and_windows_count_by_their_content(name, how, classifier_of):
    classifier = classifier_of(name)
    case = _case(classifier, " ".join([TEXT] * 7), how, settings=Settings(overlap=20))
    assert len(case.windows) >= 3
    keep = _keep(6, case.n_words)
    encoded = classifier.tokenizer(
        case.query.text, truncation=True, max_length=LIMIT, stride=20, return_overflowing_tokens=True, return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )  # fmt: skip
    word_at = np.full(len(case.query.text) + 1, -1)
    for word, (start, end) in enumerate(case.reading.tokens.word_spans):
        word_at[start:end] = word
    parts, sizes = [], []
    for ids, spans, special in zip(encoded["input_ids"], encoded["offset_mapping"], encoded["special_tokens_mask"]):
        # a token belongs where its last character lies; one of a space alone, to the word behind it
        words = [-1 if is_special else int(word_at[max(start, end - 1)]) for (start, end), is_special in zip(spans, special)]
        is_space = [word < 0 and not is_special for word, is_special in zip(words, special)]
        words = [int(word_at[end + 1]) if lone else word for word, lone, (_, end) in zip(words, is_space, spans)]
        parts.append([_ask_by_hand(classifier, {"input_ids": ids}, words, row, how, _filler(classifier, how, name)) for row in keep])
        sizes.append(len(ids) - sum(special))
    expected = np.average(np.array(parts), axis=0, weights=sizes)
    np.testing.assert_allclose(case.masked.logits(keep), expected, atol=5e-6)


def test_nothing_is_run_twice(classifier_of):
    classifier, rows = classifier_of("bert"), []
    case = _case(classifier)
    keep = _keep(10, case.n_words)
    with room_for(classifier.model, 10**6, rows):
        first = case.masked.logits(np.concatenate([keep, keep[:4]]))
        again = case.masked.logits(keep[::-1])
        later = MaskedTexts(classifier, case.reading, case.target, None, known=case.masked.known)
        known = later.says(keep)
    n_distinct = len(np.unique(keep, axis=0))
    assert sum(rows) == n_distinct == case.masked.forwards and case.masked.remembered == 24 - n_distinct
    assert (first[:10] == again[::-1]).all() and (first[10:] == first[:4]).all()
    assert later.forwards == 0 and later.remembered == 10 and (known == case.masked.says(keep)).all()


def test_a_window_is_run_once_for_texts_that_differ_elsewhere(classifier_of):
    """Leave-one-out on three windows: each window runs whole once, and once for each of its own words."""
    classifier, rows = classifier_of("bert"), []
    case = _case(classifier, " ".join([TEXT] * 7), settings=Settings(overlap=0))
    with room_for(classifier.model, 10**6, rows):
        case.masked.logits(np.concatenate([np.ones((1, case.n_words), bool), ~np.eye(case.n_words, dtype=bool)]))
    in_windows = sum(len(set(row[row >= 0].tolist())) for row in case.reading.word_of)
    assert sum(rows) == case.masked.forwards == len(case.windows) + in_windows < len(case.windows) * case.n_words


def test_batches_hold_rows_of_one_length_the_longest_first(classifier_of, monkeypatch):
    classifier, shapes = classifier_of("bert"), []
    monkeypatch.setattr(removal, "BATCH_TOKENS", {"cpu": 40})
    case = _case(classifier, how="delete")
    handle = classifier.model.register_forward_pre_hook(
        lambda _, __, given: shapes.append((given["input_ids"].shape, given["attention_mask"])), with_kwargs=True
    )
    try:
        case.masked.logits(_keep(40, case.n_words))
    finally:
        handle.remove()
    lengths = [shape[1] for shape, _ in shapes]
    assert lengths == sorted(lengths, reverse=True) and len(set(lengths)) > 5
    assert all(shape[0] * shape[1] <= 40 or shape[0] == 1 for shape, _ in shapes) and all(mask.all() for _, mask in shapes)


@pytest.mark.parametrize("how", ["mask", "delete"])
def test_little_memory_changes_no_number(how, classifier_of):
    classifier, rows = classifier_of("bert"), []
    keep = _keep(20, _case(classifier).n_words)
    expected = _case(classifier, how=how).masked.logits(keep)
    case = _case(classifier, how=how)
    with room_for(classifier.model, 3, rows):
        got = case.masked.logits(keep)
    assert np.abs(got - expected).max() < 5e-6
    if how == "mask":
        assert max(rows) == len(np.unique(keep, axis=0)) and rows[-1] <= 3 and sum(n > 3 for n in rows) <= 4  # it asks less from then on


def test_a_cancel_passes_through_and_what_was_remembered_stays(classifier_of, monkeypatch):
    classifier, told = classifier_of("bert"), []
    monkeypatch.setattr(removal, "BATCH_TOKENS", {"cpu": 100})

    def tell(stage: str, share: float) -> None:
        told.append(share)
        if len(told) == 4:
            raise Cancelled

    case = _case(classifier)
    keep = _keep(30, case.n_words)
    whole = case.masked.logits(keep[:1])
    case.tell = tell
    with pytest.raises(Cancelled):
        case.masked.logits(keep)
    assert told == sorted(told) and told[0] == 0 and 0 < told[-1] < 1
    assert 1 < case.masked.forwards < 30  # what was run was run, though its answers are lost
    assert (case.masked.logits(keep[:1]) == whole).all()
    case.tell = lambda *_: None
    np.testing.assert_allclose(case.masked.logits(keep), _case(classifier).masked.logits(keep), atol=5e-6)


def test_somebody_else_can_be_told_for_a_while(classifier_of):
    case, told, own = _case(classifier_of("bert"), SHORT), [], []
    case.tell = lambda *_: own.append(1)
    with pytest.raises(Cancelled), case.masked.telling(lambda *_: told.append(1)):
        case.masked.logits(np.ones(case.n_words))
        raise Cancelled
    case.masked.logits(np.zeros(case.n_words))
    assert told == [1] and own == [1]


@pytest.mark.parametrize("problem, labels", [("regression", ("score",)), ("multi_label_classification", ("a", "b")), (None, None)])
def test_what_is_said_follows_the_kind_of_head(problem, labels, variant_of):
    case = _case(variant_of("bert", labels, problem), SHORT)
    keep = _keep(5, case.n_words)
    logits, at = case.masked.logits(keep).astype(float), case.target
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = {"regression": logits, "multi_label_classification": 1 / (1 + np.exp(-logits)), None: shares}[problem][:, at]
    np.testing.assert_allclose(case.masked.says(keep), expected, atol=1e-6)
    np.testing.assert_allclose(case.masked.outputs(keep)[:, at], expected, atol=1e-6)
    assert (case.masked.explained(keep) == logits[:, at].astype(np.float32)).all()
    if problem == "regression":
        assert case.masked.predicted(keep) is None, "values, and no labels"
    else:
        assert (case.masked.predicted(keep) == logits.argmax(1)).all()
    if problem is None:
        names = case.classifier.labels
        pair = _case(case.classifier, SHORT, target=names[0], against=names[1])
        odds = logits[:, 0] - logits[:, 1]
        np.testing.assert_allclose(pair.masked.explained(keep), odds, atol=1e-5)
        np.testing.assert_allclose(pair.masked.says(keep), 1 / (1 + np.exp(-odds)), atol=1e-5)


def test_one_output_with_a_probability_is_a_label_from_one_half_on(variant_of):
    case = _case(variant_of("bert", ("spam",), "multi_label_classification"), SHORT)
    keep = np.array([[False], [True], [True]]).repeat(case.n_words, 1)
    rows = {bits.tobytes(): np.array([logit]) for bits, logit in zip(np.packbits(keep, axis=1), (-0.1, 0.0))}
    case.masked.known.update(rows)  # whatever the model would say of the empty and the whole text
    np.testing.assert_allclose(case.masked.says(keep), [1 / (1 + np.exp(0.1)), 0.5, 0.5], atol=1e-6)
    assert case.masked.predicted(keep).tolist() == [0, 1, 1]


def test_nothing_asked_nothing_answered(classifier_of):
    case = _case(classifier_of("bert"), SHORT)
    assert case.masked.logits(np.zeros((0, case.n_words))).shape == (0, len(case.classifier.labels)) and case.masked.forwards == 0
