"""What one trace of all layers costs: `python -m tests.benchmarks.trace [--tokens 128]`.

References: the bare forward + backward to the word embeddings of the same model, and Captum's LayerGradientXActivation.
"""

import argparse

import torch
from captum.attr import LayerGradientXActivation

from core.catalog import CATALOG
from core.models import Classifier, load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.saliency import stratified_levels
from core.tokens import TokenBatch, tokenize_windows
from core.trace import trace_layers, trace_rows
from tests.benchmarks.timing import median_seconds, print_machine, print_ratios

SENTENCE = "The cast is wonderful and the story moves, but the second half drags and the ending felt predictable to me. "


def text_of(classifier: Classifier, n_tokens: int) -> str:
    """A text of about `n_tokens` tokens, never more."""
    words = (SENTENCE * (n_tokens // 10 + 2)).split()
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(classifier.tokenizer(" ".join(words[:middle]))["input_ids"]) <= n_tokens
        low, high = (middle, high) if fits else (low, middle - 1)
    return " ".join(words[:low])


def bare(classifier: Classifier, batch: TokenBatch, rows: int = 1) -> torch.Tensor:
    """The forward and backward pass that any gradient method needs, through the model as transformers gives it."""
    words = classifier.model.get_input_embeddings()(batch.input_ids).expand(rows, -1, -1).detach().requires_grad_()
    logits = classifier.model(inputs_embeds=words, attention_mask=batch.attention_mask.expand(rows, -1)).logits
    return torch.autograd.grad(logits[:, 0].sum(), words)[0]


def captum(classifier: Classifier, batch: TokenBatch, as_list: bool) -> None:
    """Captum's LayerGradientXActivation on the embedding output and every layer: one call with the list, or one a layer."""
    encoder = classifier.model.base_model
    layers = [encoder.embeddings, *encoder.encoder.layer]

    def forward(words: torch.Tensor) -> torch.Tensor:
        return classifier.model(inputs_embeds=words, attention_mask=batch.attention_mask).logits

    words = classifier.model.get_input_embeddings()(batch.input_ids).detach().requires_grad_()
    for group in [layers] if as_list else layers:
        LayerGradientXActivation(forward, group).attribute(words, target=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128, 512])
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    classifier = load_classifier(CATALOG["sentiment"])
    print_machine()
    for n_tokens in args.tokens:
        text = text_of(classifier, n_tokens)
        batch = tokenize_windows(classifier, text, Settings()).batch
        length = batch.input_ids.shape[1]
        levels = torch.cat([torch.zeros(1, length), stratified_levels(8, length, torch.Generator().manual_seed(0)), torch.ones(1, length)])
        levels = levels.to(classifier.device)
        one = {
            "bare forward + backward": lambda: bare(classifier, batch),
            "trace of all layers": lambda: trace_layers(classifier, batch, 0),
            "Captum, list of layers": lambda: captum(classifier, batch, True),
            "Captum, one call a layer": lambda: captum(classifier, batch, False),
            "analyse, whole report": lambda: analyse(classifier, Query("sentiment", text)),
        }
        print_ratios(f"One row, {length} tokens", median_seconds(one, args.rounds), "bare forward + backward")
        ten = {
            "10 bare rows in one batch": lambda: bare(classifier, batch, 10),
            "10 stratified rows, all layers": lambda: trace_rows(classifier, batch, levels, 0),
        }
        print_ratios(f"Ten rows, {length} tokens", median_seconds(ten, args.rounds), "10 bare rows in one batch")


if __name__ == "__main__":
    main()
