"""What is streamed over the vocabulary equals what a dense computation gives, and no dense tensor exists."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core import decode
from core.catalog import find_model
from core.decode import Decoded, blockwise_top_k, decode_states
from core.lm_head import LanguageModelHead
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
        transform = None

        def logits(self, states, is_last=True):
            return torch.arange(4.0).repeat(len(states), 1)

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


def _assert_same(got: Decoded, expected: Decoded) -> None:
    assert torch.equal(got.top_ids, expected.top_ids) and torch.equal(got.own_rank, expected.own_rank)
    for name in ("top_probabilities", "own_log_probability", "expected"):
        torch.testing.assert_close(getattr(got, name), getattr(expected, name), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["bert", "gpt2", "mobilebert"])
@pytest.mark.parametrize("n_rows, n_pieces", [(5, 10_000), (1024, 64), (7, 128)])
def test_parts_leave_no_seam(name, n_rows, n_pieces, classifier_of, monkeypatch):
    """A few rows at a time, across the borders of layers, and the vocabulary in slabs, the last of each smaller."""
    head = classifier_of(name).lm_head
    hidden, ids = _states(classifier_of(name))
    whole = decode_states(head, hidden, ids, 5, expected=head.weight is not None)
    monkeypatch.setattr(decode, "ROWS", n_rows)
    monkeypatch.setattr(decode, "SLAB_BYTES", 4 * n_pieces * min(n_rows, hidden[..., 0].numel()))
    _assert_same(decode_states(head, hidden, ids, 5, expected=head.weight is not None), whole)


class Linear:
    """A head that is its decoder matrix alone, with a bias that shifts every logit: probabilities don't see it."""

    transform = "none needed"

    def __init__(self, weight: torch.Tensor, shift: float = 0.0):
        self.weight, self.bias = weight, torch.full((len(weight),), shift)

    transformed = staticmethod(lambda states, is_last: states)
    slab, own_logits = LanguageModelHead.slab, LanguageModelHead.own_logits


@pytest.mark.parametrize("scale, shift", [(1.0, 0.0), (30.0, 0.0), (1.0, 200.0), (1.0, -200.0)])
@pytest.mark.parametrize("spread", [0.0, 4.0])
def test_ranks_and_probabilities_near_and_far(scale, shift, spread, monkeypatch):
    """Tokens that are read first and tokens that are read last; logits that e^x could not hold."""
    draw = torch.Generator().manual_seed(0)
    weight, ids = torch.randn(1000, 16, generator=draw), torch.arange(0, 1000, 40)
    states = scale * (weight[ids] + spread * torch.randn(3, len(ids), 16, generator=draw))
    monkeypatch.setattr(decode, "SLAB_BYTES", 4 * 75 * 256)
    got = decode_states(Linear(weight, shift), states, ids, 5, expected=True)
    dense = states.double() @ weight.double().T  # (3, 25, 1000)
    own = dense.gather(2, ids.expand(3, -1)[..., None])
    assert torch.equal(got.own_rank, (dense > own).sum(-1) + 1)
    assert (got.own_rank.max() > 200) == (spread > 0)
    best = dense.log_softmax(-1).topk(5)
    assert torch.equal(got.top_ids, best.indices)
    torch.testing.assert_close(got.top_probabilities.double(), best.values.exp(), rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(got.own_log_probability.double(), dense.log_softmax(-1).gather(2, ids.expand(3, -1)[..., None])[..., 0], rtol=1e-4, atol=2e-4)
    torch.testing.assert_close(got.expected.double(), dense.softmax(-1) @ weight.double(), rtol=1e-3, atol=1e-3)


class LargestTensor(TorchDispatchMode):
    """Remembers the largest tensor any operation gave."""

    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.numel = max([self.numel, *(leaf.numel() for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor))])
        return out


def test_no_tensor_of_layers_times_tokens_times_vocabulary(classifier_of, monkeypatch):
    """A slab bounds the memory whatever the text's length."""
    head = classifier_of("roberta").lm_head
    hidden, ids = _states(classifier_of("roberta"))
    n_rows = len(hidden) * len(ids)
    with LargestTensor() as dense:
        _dense(head, hidden)
    assert dense.numel >= n_rows * head.vocabulary_size  # the yardstick sees what it is to see
    weights = head.weight.numel()  # views of the decoder matrix are not new memory
    for rows, pieces in ((1024, 128), (8, 256)):
        monkeypatch.setattr(decode, "ROWS", rows)
        monkeypatch.setattr(decode, "SLAB_BYTES", 4 * min(rows, n_rows) * pieces)
        with LargestTensor() as streamed:
            decode_states(head, hidden, ids, 5, expected=True)
        assert streamed.numel <= max(min(rows, n_rows) * pieces, weights) < n_rows * head.vocabulary_size / 2


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
