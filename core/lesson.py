"""What the lessons show of a run, computed from the report's own trace: tensors stop here, as in `pipeline`.

Every figure is of the tokens as the report takes them: of a text that needs several windows, each token from its own.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from core.case import Case, open_case
from core.errors import MethodError
from core.lesson_records import MOST_WORDS, LessonFigures, Slope, WorkedProduct
from core.lm_head import LanguageModelHead, full
from core.memory import in_pieces
from core.models import Classifier
from core.outputs import to_array
from core.progress import Progress, silent
from core.records import Query
from core.saliency import layer_relevance, layer_weights
from core.tokens import Reading, TokenBatch
from core.trace import explained_logit

MOST_PRODUCTS = 12  # of the numbers of a hidden state, those shown one by one
MOST_ALPHA, STEPS = 1.5, 16  # how far up an embedding is turned, and at how many places the output is measured: every 0.1
ROWS = 4  # of them in one pass: whoever waits may stop in between


def lesson_figures(classifier: Classifier, query: Query, tell: Progress = silent) -> LessonFigures:
    """Sizes, likenesses and readings of the first words at every layer. Raises TextError, TargetError or MethodError.

    Likeness is the plain cosine, the mean of the layer left in: that late states all point one way IS what the lesson shows.
    On the short examples of the two embedded models the mean cosine of two words goes from 0.06 at the embedding to 0.29 and 0.32
    at layer 5 and to 0.46 and 0.62 at layer 6; with the mean removed it stays at −0.06 to −0.04 at every layer and shows nothing.
    """
    tell("Tracing every layer", 0.0)
    case = open_case(classifier, query)
    words = _Words.of(case.reading)
    relevance = case.reading.stitch([layer_relevance(trace)[:, 0] for trace in case.traces]).abs()  # (L, T)
    hidden = case.reading.stitch([trace.hidden[:, 0] for trace in case.traces])  # (L, T, D)
    gradient = case.reading.stitch([trace.gradient[:, 0] for trace in case.traces])
    states = words.mean(hidden)  # (L, W, D)
    alike = normalize(states, dim=-1)
    total = relevance.sum(-1, keepdim=True)  # (L, 1)
    shares = torch.where(total > 0, relevance / total.clamp_min(torch.finfo(total.dtype).tiny), 0.0)  # (L, T)
    tell("Reading the layers", 0.5)
    reads = None if classifier.lm_head is None else _read_as_words(case, classifier.lm_head, words)
    tokens = case.reading.tokens
    return LessonFigures(
        query=query,
        words=tuple(query.joined[start:end] for start, end in tokens.word_spans[: words.count]),
        total_words=case.n_words,
        word_of_token=np.where(tokens.word_of < words.count, tokens.word_of, -1),
        specials=tuple(tokens.texts[t] for t in words.specials.tolist()),
        hidden_norm=to_array(words.mean(hidden.norm(dim=-1)[..., None])[..., 0]),
        gradient_norm=to_array(words.sum(gradient).norm(dim=-1)),
        likeness=to_array((alike @ alike.transpose(1, 2)).clamp(-1, 1)),
        own_likeness=to_array((alike * alike[:1]).sum(-1).clamp(-1, 1)),
        reads=None if reads is None else to_array(words.mean(reads)),
        special_reads=None if reads is None else to_array(reads[:, words.specials]),
        special_relevance=to_array(shares[:, words.specials].sum(-1)),
        special_shares=to_array(shares[:, words.specials]),
        word_shares=to_array(words.sum(shares[..., None])[..., 0]),
    )


def worked_products(classifier: Classifier, query: Query, word: int, tell: Progress = silent) -> tuple[WorkedProduct, ...]:
    """(L) ⟨g, h⟩ of one word at every layer, number by number: the largest products and the sum of the rest. One trace gives all.

    Of a word of several pieces the products of all pieces are told together. Raises TextError, TargetError or MethodError.
    """
    tell("Tracing every layer", 0.0)
    case = open_case(classifier, query)
    _check_word(case, word)
    places = torch.from_numpy(np.flatnonzero(case.reading.tokens.word_of == word))
    hidden, gradient = (
        case.reading.stitch([getattr(trace, name)[:, 0] for trace in case.traces])[:, places].cpu().double()
        for name in ("hidden", "gradient")
    )  # (L, P, D)
    pieces = tuple(case.reading.tokens.texts[t] for t in places.tolist())
    return tuple(_work_out(layer, word, pieces, hidden[layer], gradient[layer]) for layer in range(len(hidden)))


def _work_out(layer: int, word: int, pieces: tuple[str, ...], hidden: Tensor, gradient: Tensor) -> WorkedProduct:
    """From the states and gradients (P, D) of a word's pieces at one layer."""
    product = hidden * gradient
    chosen = product.abs().flatten().argsort(descending=True)[:MOST_PRODUCTS]
    piece, dimension = np.divmod(chosen.numpy(), hidden.shape[1])
    shown, total = product.flatten()[chosen], float(product.sum())
    return WorkedProduct(
        layer=layer,
        word=word,
        width=hidden.shape[1],
        pieces=pieces,
        piece=piece,
        dimensions=dimension,
        hidden=to_array(hidden.flatten()[chosen]),
        gradient=to_array(gradient.flatten()[chosen]),
        product=to_array(shown),
        rest=total - float(shown.sum()),
        others=product.numel() - len(chosen),
        total=total,
    )


def embedding_slope(classifier: Classifier, query: Query, word: int, tell: Progress = silent) -> Slope:
    """The output explained as the embeddings of a word's pieces are turned from 0 to MOST_ALPHA times themselves, and its
    gradient's slope. Of a text in several windows, that of the window from which the report takes the word.

    Raises TextError, TargetError or MethodError.
    """
    tell("Tracing every layer", 0.0)
    case = open_case(classifier, query)
    _check_word(case, word)
    first = int(np.flatnonzero(case.reading.tokens.word_of == word)[0])
    window = int(case.reading.window[first])
    trace = case.traces[window]
    n_tokens = trace.words.shape[1]
    is_word = torch.from_numpy(case.reading.word_of[window, :n_tokens] == word).to(trace.words.device)
    alphas = torch.linspace(0.0, MOST_ALPHA, STEPS, device=trace.words.device)
    scale = torch.where(is_word, alphas[:, None], 1.0)[..., None]  # (A, T, 1)
    y = _measure(case, trace.batch, trace.words * scale, tell)
    slope = (trace.word_gradient[0] * trace.words[0]).sum(-1)[is_word].sum()
    at_one = explained_logit(trace.logits, case.target, case.against)
    return Slope(word, to_array(alphas), to_array(y), float(at_one), float(slope))


def _measure(case: Case, window: TokenBatch, words: Tensor, tell: Progress) -> Tensor:
    """(A) the output explained for rows of word embeddings (A, T, E) in place of one window's own."""
    classifier = case.classifier

    def run(rows: slice) -> Tensor:
        tell("Turning one word down and up", 0.2 + 0.8 * rows.start / len(words))
        part = words[rows].to(classifier.model.dtype)
        batch = window.repeat(len(part))
        with torch.no_grad():
            _, logits = classifier.rooting.run(classifier.model, {"input_ids": batch.input_ids, **batch.side_inputs}, part)
        return explained_logit(full(logits), case.target, case.against)

    return torch.cat(in_pieces(run, len(words), classifier.device, ROWS))


def _check_word(case: Case, word: int) -> None:
    if word not in range(case.n_words):
        words = f"0 to {case.n_words - 1}"
        raise MethodError(f"The word asked for is number {word}; the text has the words {words}. Choose one of them.")


@dataclass(frozen=True, eq=False)
class _Words:
    """Tokens (L, T, …) → the first words (L, W, …)."""

    count: int
    """W"""
    merging: Tensor
    """(W, T) 1 where a token is a piece of a word."""
    specials: Tensor
    """(S) places of the special tokens."""

    @classmethod
    def of(cls, reading: Reading) -> "_Words":
        count, word_of = min(len(reading.tokens.word_spans), MOST_WORDS), torch.from_numpy(reading.tokens.word_of)
        device = reading.batch.input_ids.device
        merging = (word_of == torch.arange(count)[:, None]).float().to(device)
        return cls(count, merging, torch.from_numpy(np.flatnonzero(reading.tokens.is_special)))

    def sum(self, values: Tensor) -> Tensor:
        """(L, W, D) of (L, T, D)"""
        return torch.einsum("wt,ltd->lwd", self.merging, values)

    def mean(self, values: Tensor) -> Tensor:
        """(L, W, D) of (L, T, D)"""
        return self.sum(values) / self.merging.sum(1)[:, None]


def _read_as_words(case: Case, head: LanguageModelHead, words: _Words) -> Tensor:
    """(L, T, W) the decoding weights of every token, what it is read as summed over each word's pieces. A piece that stands in
    two windows is a target in each for the tokens of that window."""
    parts = []
    for b, trace in enumerate(case.traces):
        word_of = torch.from_numpy(case.reading.word_of[b, : trace.words.shape[1]])
        targets = (word_of[:, None] == torch.arange(words.count)).float().to(trace.hidden.device)  # (T_b, W)
        last = len(trace.hidden) - 1
        with torch.no_grad():
            weights = (layer_weights(head, states, trace.batch, layer == last)[0] for layer, states in enumerate(trace.hidden))
            parts.append(torch.stack([part @ targets for part in weights]))
    return case.reading.stitch(parts)
