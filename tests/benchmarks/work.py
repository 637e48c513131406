"""How much arithmetic there is to do: the matrix products that no method can leave out, from a model's shapes.

A product of (M, K) and (K, N) is 2 M K N operations. Passes over single values (normalisation, GELU, softmax) are not counted.
"""

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from core.models import Classifier
from core.tokens import TokenBatch
from tests.benchmarks.random_models import DECODERS
from tests.benchmarks.trace import bare

GATED = ("modernbert", "llama")  # whose feed-forward block multiplies by a product of its own


def pass_products(classifier: Classifier, n_tokens: int, n_texts: int) -> list[tuple[int, int, int, int]]:
    """(M, K, N, times) of one forward pass and the backward pass to the word embeddings, attention apart: BERT's kind of layer,
    four products for attention and two of the feed-forward block (three where it has a gate), each once forward and once backward.
    Where several heads share their keys and values, two of the four are as narrow as those."""
    config, rows = classifier.model.config, n_tokens * n_texts
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    n_in = 2 if config.model_type in GATED else 1
    shared = width * (getattr(config, "num_key_value_heads", None) or config.num_attention_heads) // config.num_attention_heads
    forward = [(rows, width, width, 2 * layers), (rows, width, shared, 2 * layers), (rows, inner, width, layers), (rows, width, inner, layers * n_in)]
    return [*forward, *[(m, n, k, times) for m, k, n, times in forward]]


def pass_flops(classifier: Classifier, n_tokens: int, n_texts: int) -> int:
    """Operations of the forward and backward pass. Attention has two products forward (QKᵀ, AV) and four backward; where a layer
    looks at a window of w tokens only, w of the T columns are needed, and (T + 1) / 2 where no token looks at later ones."""
    config = classifier.model.config
    products = sum(2 * m * k * n * times for m, k, n, times in pass_products(classifier, n_tokens, n_texts))
    kinds = getattr(config, "layer_types", None) or ["full_attention"] * config.num_hidden_layers
    columns = (n_tokens + 1) / 2 if config.model_type in DECODERS else n_tokens
    seen = sum(min(columns, getattr(config, "local_attention", n_tokens)) if "sliding" in kind else columns for kind in kinds)
    return products + int(6 * 2 * n_texts * n_tokens * seen * config.hidden_size)


def decode_flops(classifier: Classifier, n_tokens: int, n_texts: int) -> int:
    """Operations of the decoder matrix on every state, and of the square product that an encoder's head has before it."""
    n_pieces, width = classifier.lm_head.weight.shape
    own = 0 if classifier.model.config.model_type in DECODERS else width
    return 2 * (classifier.layers + 1) * n_tokens * n_texts * width * (n_pieces + own)


def counted_flops(classifier: Classifier, batch: TokenBatch) -> int:
    """What torch's own counter sees of the bare pass, run once with its attention written out (it doesn't know every fused one)."""
    before = classifier.model.config._attn_implementation
    classifier.model.set_attn_implementation("eager")
    try:
        with FlopCounterMode(display=False) as counter:
            words = classifier.model.get_input_embeddings()(batch.input_ids).detach().requires_grad_()
            logits = classifier.model(inputs_embeds=words.clone(), attention_mask=batch.attention_mask).logits  # it takes no leaf as input
            torch.autograd.grad(logits[:, 0].sum(), words)
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
