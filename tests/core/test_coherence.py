"""Coherence by hand, and the choice of a layer on hand-made values."""

import numpy as np
import pytest
import torch

from core.coherence import choose_layer, corrected_cosine, measure_coherence, profile_content_share
from core.decode import Decoded
from core.methods import METHODS
from core.records import LayerProfile

CONTENT = torch.tensor([False, True, True, True, True, False])


def _decoded(ranks, expected=None) -> Decoded:
    ranks = torch.tensor(ranks)
    return Decoded(ranks[..., None], ranks[..., None].float(), ranks, -ranks.float(), expected)


def test_recovery_by_hand():
    """Content ranks 1, 2, 4, 1: MRR (1 + 1/2 + 1/4 + 1)/4, top-1 2/4; specials count nowhere."""
    decoded = _decoded([[50, 1, 2, 4, 1, 50], [1, 10, 10, 10, 10, 1]])
    profiles = measure_coherence(decoded, CONTENT, torch.arange(6), None)
    assert profiles["own_mrr"].values == pytest.approx([2.75 / 4, 0.1])
    assert profiles["own_top1"].values == pytest.approx([0.5, 0.0])
    assert profiles["own_log_probability"].values == pytest.approx([-2.0, -10.0])
    assert set(profiles) == {"own_mrr", "own_top1", "own_log_probability"}
    assert all(profile.name == name and profile.higher_is_better for name, profile in profiles.items())


def test_corrected_cosine_by_hand():
    """Reading the token itself is 1; reading any token alike is 0."""
    own = torch.eye(3)
    states = torch.stack([own * 5, torch.ones(3, 3), torch.tensor([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]])])
    half = 0.5**0.5  # cosine to the own token and to one of the two others
    expected = [1.0, 0.0, (half - half / 2) / (1 - half / 2)]
    assert corrected_cosine(states, own).squeeze(1).tolist() == pytest.approx(expected, abs=1e-6)


def test_cosine_is_measured_only_where_it_was_asked_for():
    own = torch.eye(6)
    profiles = measure_coherence(_decoded([[1] * 6], expected=own[None]), CONTENT, torch.arange(6), own)
    assert profiles["embedding_cosine"].values == pytest.approx([1.0])
    one_word = torch.tensor([False, True, False, False, False, False])
    assert "embedding_cosine" not in measure_coherence(_decoded([[1] * 6], expected=own[None]), one_word, torch.arange(6), own)


def _share(*values: float) -> LayerProfile:
    return LayerProfile("content_share", "", np.array(values), "share", True, "")


@pytest.mark.parametrize(
    "shares, layer",
    [
        ((0.9, 0.8, 0.7, 0.0), 2),  # dead last layer
        ((0.9, 0.05, 0.3, 0.2), 3),  # a gap below does not end the search
        ((0.9, 0.1, 0.0999), 1),  # the limit itself is enough
        ((0.02, 0.05, 0.01), 1),  # none reaches it: the largest
        ((0.5,), 0),
    ],
)
@pytest.mark.parametrize("method", ["decoded", "undecoded", "gradient_norm", "grad_cam", "absolute"])
def test_the_deepest_layer_with_a_tenth_on_words(shares, layer, method):
    choice = choose_layer(method, _share(*shares))
    assert choice.layer == layer and choice.rule == "content share"
    assert f"{shares[layer]:.0%}" in choice.reason and choice.reason.endswith(".")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_choice_with_a_reason(method):
    choice = choose_layer(method, _share(0.9, 0.5, 0.0))
    rule = {"layer_mean": "only row", "fast": "only row"}.get(method, "embedding" if METHODS[method].on_demand else "content share")
    assert choice.rule == rule and len(choice.reason) > 30
    assert choice.layer == (1 if rule == "content share" else 0)


def test_content_share_profile_is_a_share():
    profile = profile_content_share(torch.tensor([[3.0, -1.0, 0.0]]), torch.tensor([False, True, True]))
    assert profile.name == "content_share" and profile.values == pytest.approx([0.25])
