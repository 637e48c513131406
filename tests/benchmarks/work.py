"""How much arithmetic there is to do: the matrix products that no method can leave out, from a model's shapes.

A product of (M, K) and (K, N) is 2 M K N operations. Passes over single values (normalisation, GELU, softmax) are not counted.
"""

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from core.models import Classifier
from core.tokens import TokenBatch
from tests.benchmarks.trace import bare


def pass_products(classifier: Classifier, n_tokens: int, n_texts: int) -> list[tuple[int, int, int, int]]:
    """(M, K, N, times) of one forward pass and the backward pass to the word embeddings, attention apart: BERT's kind of layer,
    four square products and two of the feed-forward block (three in ModernBERT's), each once forward and once backward."""
    config, rows = classifier.model.config, n_tokens * n_texts
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    n_in = 2 if config.model_type == "modernbert" else 1  # its gate takes a product of its own
    down_and_up = [(rows, inner, width, layers), (rows, width, inner, layers * n_in)]
    return [(rows, width, width, 2 * 4 * layers), *down_and_up, *[(m, n, k, times) for m, k, n, times in down_and_up]]


def pass_flops(classifier: Classifier, n_tokens: int, n_texts: int) -> int:
    """Operations of the forward and backward pass. Attention has two products forward (QKᵀ, AV) and four backward; where a layer
    looks at a window of w tokens only, w of the T columns are needed."""
    config = classifier.model.config
    products = sum(2 * m * k * n * times for m, k, n, times in pass_products(classifier, n_tokens, n_texts))
    kinds = getattr(config, "layer_types", None) or ["full_attention"] * config.num_hidden_layers
    seen = sum(min(n_tokens, getattr(config, "local_attention", n_tokens)) if "sliding" in kind else n_tokens for kind in kinds)
    return products + 6 * 2 * n_texts * n_tokens * seen * config.hidden_size


def decode_flops(classifier: Classifier, n_tokens: int, n_texts: int) -> int:
    """Operations of the head's own square product and of its decoder matrix, on every state."""
    n_pieces, width = classifier.lm_head.weight.shape
    return 2 * (classifier.layers + 1) * n_tokens * n_texts * width * (n_pieces + width)


def counted_flops(classifier: Classifier, batch: TokenBatch) -> int:
    """What torch's own counter sees of the bare pass, run once with its attention written out (it doesn't know every fused one)."""
    before = classifier.model.config._attn_implementation
    classifier.model.set_attn_implementation("eager")
    try:
        with FlopCounterMode(display=False) as counter:
            bare_batch(classifier, batch)
    finally:
        classifier.model.set_attn_implementation(before)
    return counter.get_total_flops()


def bare_batch(classifier: Classifier, batch: TokenBatch) -> Tensor:
    """The bare forward and backward pass of a batch; of one text it is the trace benchmark's."""
    if len(batch) == 1:
        return bare(classifier, batch)
    words = classifier.model.get_input_embeddings()(batch.input_ids).detach().requires_grad_()
    logits = classifier.model(inputs_embeds=words, attention_mask=batch.attention_mask).logits
    return torch.autograd.grad(logits[:, 0].sum(), words)[0]


def run_products(products: list[tuple[int, int, int, int]], device: str):
    """A call that does these products and nothing else, weights stored as linear layers store them."""
    made = [(torch.randn(m, k, device=device), torch.randn(n, k, device=device).T, torch.empty(m, n, device=device), times) for m, k, n, times in products]

    def call() -> None:
        for left, right, out, times in made:
            for _ in range(times):
                torch.mm(left, right, out=out)

    return call
