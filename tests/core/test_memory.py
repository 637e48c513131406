"""Out of memory: real errors of torch, raised by a model that takes few rows at a time, change no number."""

import weakref
from contextlib import contextmanager

import pytest
import torch

from core import memory
from core.decode import decode_states
from core.memory import MOVED, MemoryFull, in_pieces, where_it_fits
from core.records import Settings
from core.saliency import score_rows, stratified_levels
from core.tokens import tokenize_windows
from core.trace import trace_layers, trace_rows
from tests.families import TEXT

OUT = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@contextmanager
def room_for(module: torch.nn.Module, most: int, seen: list[int], axis: int = 0):
    """While it lasts, `module` runs out of memory on more than `most` rows; `seen` gets the rows of each call."""

    def check(_, args, kwargs) -> None:
        given = (kwargs.get("inputs_embeds"), kwargs.get("input_ids"), *args)
        n_rows = next(tensor for tensor in given if tensor is not None).shape[axis]
        seen.append(n_rows)
        if n_rows > most:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    handle = module.register_forward_pre_hook(check, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


@pytest.mark.parametrize("most, sizes", [(10, [10]), (9, [10, 5, 5]), (4, [10, 5, 3, 3, 3, 1]), (1, [10, 5, 3, 2] + [1] * 10)])
def test_pieces_are_halved_until_they_fit_and_stay_small(most, sizes):
    seen = []

    def run(rows: slice) -> list[int]:
        seen.append(rows.stop - rows.start)
        if seen[-1] > most:
            raise OUT
        return list(range(10))[rows]

    assert sum(in_pieces(run, 10, "cpu"), []) == list(range(10)) and seen == sizes


def test_a_first_size_is_kept_where_it_fits():
    assert in_pieces(lambda rows: (rows.start, rows.stop), 10, "cpu", size=4) == [(0, 4), (4, 8), (8, 10)]
    assert in_pieces(lambda rows: rows, 0, "cpu") == []


def test_one_row_that_does_not_fit_is_the_device_s_own_error():
    def run(rows):
        raise OUT

    with pytest.raises(torch.OutOfMemoryError):
        in_pieces(run, 4, "cpu")


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("shape mismatch"), KeyboardInterrupt()])
def test_any_other_error_passes_at_once(error):
    calls = []

    def run(rows):
        calls.append(rows)
        raise error

    for attempt in (lambda: in_pieces(run, 8, "cpu"), lambda: where_it_fits(run, "cpu")):
        calls.clear()
        with pytest.raises(type(error)):
            attempt()
        assert len(calls) == 1


def test_memory_is_given_back_before_the_next_attempt(monkeypatch):
    """Nothing of the attempt that failed is alive any more when the cache is emptied."""
    held, alive = [], []
    monkeypatch.setattr(memory, "release_memory", lambda device: alive.append([ref() is not None for ref in held]))

    def run(rows):
        tensor = torch.ones(rows.stop - rows.start)
        held.append(weakref.ref(tensor))
        if len(tensor) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    in_pieces(run, 4, "cpu")
    assert alive == [[False]]


@pytest.mark.parametrize("family", ["bert", "roberta", "modernbert", "gpt2"])
@pytest.mark.parametrize("most", [4, 1])
def test_rows_traced_in_halves_are_the_rows_traced_at_once(classifier_of, family, most):
    classifier = classifier_of(family)
    batch = tokenize_windows(classifier, TEXT, Settings()).batch
    n_tokens = batch.input_ids.shape[1]
    inner = stratified_levels(8, n_tokens, torch.Generator().manual_seed(0))
    levels = torch.cat([torch.zeros(1, n_tokens), inner, torch.ones(1, n_tokens)])
    whole, seen = trace_rows(classifier, batch, levels, 1, 0), []
    with room_for(classifier.model.base_model, most, seen):
        halved = trace_rows(classifier, batch, levels, 1, 0)
    assert max(seen) == 10 and any(rows <= most for rows in seen)
    for name in ("logits", "hidden", "gradient", "words", "word_gradient"):
        got, expected = getattr(halved, name), getattr(whole, name)
        assert got.shape == expected.shape
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-4)
    assert torch.equal(halved.batch.input_ids, whole.batch.input_ids)


@pytest.mark.parametrize("name", ["path", "fast", "faithful"])
def test_methods_of_many_rows_are_the_same_in_halves(classifier_of, name):
    classifier = classifier_of("bert")
    batch = tokenize_windows(classifier, TEXT, Settings()).batch
    whole, seen = score_rows(classifier, batch, name, 0, None), []
    with room_for(classifier.model.base_model, 1, seen):
        halved = score_rows(classifier, batch, name, 0, None)
    assert max(seen) > 1
    torch.testing.assert_close(halved[0], whole[0], atol=1e-5, rtol=1e-4)


def test_decoding_in_smaller_pieces_is_the_same(classifier_of):
    classifier = classifier_of("bert")
    batch = tokenize_windows(classifier, TEXT, Settings()).batch
    hidden, ids = trace_layers(classifier, batch, 0).hidden[:, 0], batch.input_ids[0]
    whole, seen, told = decode_states(classifier.lm_head, hidden, ids, 5, expected=True), [], []
    with room_for(classifier.lm_head.transform, 3, seen, axis=1):
        pieces = decode_states(classifier.lm_head, hidden, ids, 5, expected=True, progress=told.append)
    assert max(seen) > 3 and min(seen) <= 3
    assert torch.equal(pieces.top_ids, whole.top_ids) and torch.equal(pieces.own_rank, whole.own_rank)
    for name in ("top_probabilities", "own_log_probability", "expected"):
        torch.testing.assert_close(getattr(pieces, name), getattr(whole, name), atol=1e-6, rtol=1e-5)
    assert told == sorted(told) and told[-1] < 1


def test_work_moves_to_the_processor(monkeypatch):
    places, told, released = [], [], []
    monkeypatch.setattr(memory, "release_memory", released.append)

    def run(device):
        places.append(device)
        if device != "cpu":
            raise OUT
        return "answer"

    assert where_it_fits(run, "cuda", lambda *step: told.append(step)) == "answer"
    assert places == ["cuda", "cpu"] and told == [(MOVED, 0.0)] and released == ["cuda"]
    assert where_it_fits(run, "cpu") == "answer"


@pytest.mark.parametrize("device, words", [("cpu", "memory of this machine"), ("cuda:1", "“cuda:1” or of the processor")])
def test_nowhere_to_go_is_a_sentence(device, words, monkeypatch):
    monkeypatch.setattr(memory, "release_memory", lambda device: None)

    def run(device):
        raise OUT

    with pytest.raises(MemoryFull, match=words):
        where_it_fits(run, device)
