"""What is streamed over the vocabulary equals what a dense computation gives, and no dense tensor exists."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core import decode
from core.catalog import find_model
from core.decode import blockwise_top_k, decode_states
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.trace import trace_layers
from tests.core.oracles import batch_of
from tests.families import FAMILIES, TEXT


def _states(classifier) -> tuple[torch.Tensor, torch.Tensor]:
    batch = batch_of(classifier, TEXT)
    return trace_layers(classifier, batch, target=1).hidden[:, 0], batch.input_ids[0]


def _dense(head, hidden: torch.Tensor) -> torch.Tensor:
    """(L, T, V) probabilities."""
    with torch.no_grad():
        return torch.stack([head.logits(states, is_last=layer == len(hidden) - 1) for layer, states in enumerate(hidden)]).double().softmax(-1)


@pytest.mark.parametrize("name", FAMILIES)
def test_decoded_equals_the_dense_softmax(name, classifier_of):
    classifier = classifier_of(name)
    hidden, ids = _states(classifier)
    got, dense = decode_states(classifier.lm_head, hidden, ids, top_k=5), _dense(classifier.lm_head, hidden)
    best = dense.topk(5)
    assert torch.equal(got.top_ids, best.indices)
    torch.testing.assert_close(got.top_probabilities.double(), best.values, rtol=1e-5, atol=1e-7)
    own = dense.gather(2, ids.expand(len(hidden), -1)[..., None])
    torch.testing.assert_close(got.own_log_probability.double(), own.squeeze(2).log(), rtol=1e-5, atol=1e-5)
    assert torch.equal(got.own_rank, (dense > own).sum(-1) + 1)
    assert got.expected is None
    assert got.own_rank.min() >= 1 and got.own_rank.max() > 1  # random heads do not read every token


def test_ranks_by_hand():
    """A head that says 0, 1, 2, 3 for four pieces: piece 3 is first, piece 0 last."""

    class Counting:
        vocabulary_size = 4

        def logits(self, states, is_last=True):
            return torch.arange(4.0).expand(len(states), -1)

    got = decode_states(Counting(), torch.zeros(1, 3, 2), torch.tensor([3, 0, 2]), top_k=9)
    assert got.own_rank.tolist() == [[1, 4, 2]]
    assert got.top_ids.tolist() == [[[3, 2, 1, 0]] * 3]  # no more than the vocabulary holds
    torch.testing.assert_close(got.top_probabilities.sum(-1), torch.ones(1, 3))


@pytest.mark.parametrize("name", ["bert", "electra", "roberta"])
def test_expected_embedding_is_the_mean_over_the_vocabulary(name, classifier_of):
    head = classifier_of(name).lm_head
    hidden, ids = _states(classifier_of(name))
    got = decode_states(head, hidden, ids, top_k=3, expected=True).expected
    torch.testing.assert_close(got.double(), _dense(head, hidden) @ head.weight.double(), rtol=1e-4, atol=1e-5)


def test_chunks_leave_no_seam(classifier_of, monkeypatch):
    """Five rows at a time, the last chunk of a layer shorter."""
    head = classifier_of("bert").lm_head
    hidden, ids = _states(classifier_of("bert"))
    whole = decode_states(head, hidden, ids, 5, expected=True)
    monkeypatch.setattr(decode, "CHUNK_BYTES", 4 * head.vocabulary_size * 5)
    parts = decode_states(head, hidden, ids, 5, expected=True)
    assert torch.equal(whole.top_ids, parts.top_ids) and torch.equal(whole.own_rank, parts.own_rank)
    torch.testing.assert_close(whole.own_log_probability, parts.own_log_probability)
    torch.testing.assert_close(whole.expected, parts.expected)


class LargestTensor(TorchDispatchMode):
    """Remembers the largest tensor any operation gave."""

    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.numel = max([self.numel, *(leaf.numel() for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor))])
        return out


def test_no_tensor_of_layers_times_tokens_times_vocabulary(classifier_of, monkeypatch):
    head = classifier_of("roberta").lm_head
    hidden, ids = _states(classifier_of("roberta"))
    size = len(hidden) * len(ids) * head.vocabulary_size
    with LargestTensor() as dense:
        _dense(head, hidden)
    assert dense.numel >= size  # the yardstick sees what it is to see
    with LargestTensor() as streamed:
        decode_states(head, hidden, ids, 5, expected=True)
    assert streamed.numel < size / 2
    rows = 4  # a chunk bounds the memory whatever the text's length
    monkeypatch.setattr(decode, "CHUNK_BYTES", 4 * head.vocabulary_size * rows)
    with LargestTensor() as chunked:
        decode_states(head, hidden, ids, 5)
    weights = head.weight.numel()  # views of the decoder matrix are not new memory
    assert chunked.numel <= max(rows * head.vocabulary_size, weights)


@pytest.mark.parametrize("n_values, k", [(5, 3), (5, 9), (640, 5), (6400, 5), (6401, 7), (6463, 1), (64 * 40, 10)])
def test_blockwise_top_k_is_top_k(n_values, k):
    values = torch.randn(7, n_values, generator=torch.Generator().manual_seed(n_values))
    values[0, -1], values[1, 0] = 9.0, 9.0  # the best in the ragged end, and in the first block
    got, index = blockwise_top_k(values, k)
    expected = values.topk(min(k, n_values))
    assert torch.equal(got, expected.values) and torch.equal(index, expected.indices)


@pytest.mark.parametrize("dtype, tolerance", [("bf16", 0.1), ("fp16", 0.02)])
def test_expected_embedding_in_half_precision(dtype, tolerance, family_of, classifier_of):
    half = load_classifier(find_model(str(family_of("bert").path)), device="cpu", dtype=dtype)
    query = Query("tiny", TEXT, settings=Settings(expected_embedding=True))
    got, expected = (analyse(c, query).profiles["embedding_cosine"].values for c in (half, classifier_of("bert")))
    assert half.lm_head.weight.dtype != torch.float32
    assert got == pytest.approx(expected, abs=tolerance)
