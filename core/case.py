"""One text under question: everything that the methods of the wall share, computed once."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core.combine import merge_tokens
from core.eager import AttentionMaps, read_attention
from core.models import Classifier
from core.outputs import predict, resolve_classes, to_array
from core.prediction import Prediction
from core.progress import Progress, silent
from core.records import Query
from core.removal import MaskedTexts
from core.saliency import layer_mean, layer_relevance, score_decoded, score_one_pass
from core.tokens import Reading, TokenBatch, tokenize_windows
from core.trace import LayerTrace, trace_layers


@dataclass(eq=False)
class Case:
    """A classifier and a text that it is asked about. Used by one thread; holds tensors, so it is never cached."""

    classifier: Classifier
    query: Query
    reading: Reading
    target: int
    """Index of the output explained; `against` is that of the one contrasted with, if any."""
    against: int | None
    prediction: Prediction
    removal: str
    traces: list[LayerTrace]
    """One trace a window, of the whole text."""
    tell: Progress = silent
    """Called between steps; may raise to stop the work."""
    answers: dict[bytes, np.ndarray] = field(default_factory=dict)
    """What the model said of masked texts before (`MaskedTexts.known`)."""

    @property
    def n_words(self) -> int:
        """W"""
        return len(self.reading.tokens.word_spans)

    @property
    def windows(self) -> list[TokenBatch]:
        """The windows (1, T_b) of the text, without padding."""
        return [trace.batch for trace in self.traces]

    @cached_property
    def masked(self) -> MaskedTexts:
        """What the model says of the text with words hidden; remembers every answer."""
        return MaskedTexts(self.classifier, self.reading, self.target, self.against, self.removal, self._tell, self.answers)

    def _tell(self, stage: str, share: float) -> None:
        self.tell(stage, share)  # whoever listens at that time

    @cached_property
    def one_pass_scores(self) -> dict[str, np.ndarray]:
        """Every method that the traces serve as they are → (L, W) word scores. Computed once, for they share the one pass."""
        by_window = [score_one_pass(trace, None) for trace in self.traces]  # no head: reading costs more, `decoded_scores`
        return {name: self._merge([part[name] for part in by_window]) for name in by_window[0]}

    @cached_property
    def decoded_scores(self) -> dict[str, np.ndarray]:
        """`decoded` → (L, W) word scores, where there is a language-model head, and `layer_mean`, which needs none but
        takes its reading if there is one → (1, W). Apart from the others, which need not pay for the reading."""
        head = self.classifier.lm_head
        with torch.no_grad():
            by_window = [layer_relevance(trace) if head is None else score_decoded(trace, head) for trace in self.traces]
            mean = layer_mean(self.reading.stitch([part[:, 0] for part in by_window]))
        scores = {"layer_mean": merge_tokens(to_array(mean), self.reading.tokens)}
        return scores if head is None else scores | {"decoded": self._merge(by_window)}

    def _merge(self, by_window: list[Tensor]) -> np.ndarray:
        """(L, W) word scores from token scores (L, 1, T_b) of each window."""
        return merge_tokens(to_array(self.reading.stitch([part[:, 0] for part in by_window])), self.reading.tokens)

    @cached_property
    def eager(self) -> list[AttentionMaps]:
        """The attention maps of each window: one forward and backward pass that all attention methods share. Raises MethodError."""
        maps = []
        for done, trace in enumerate(self.traces):
            self.tell("Reading the attention", done / len(self.traces))
            maps.append(read_attention(self.classifier, trace, self.target, self.against))
        return maps

    def word_scores(self, by_window: list[Tensor], rule: str = "sum") -> np.ndarray:
        """(…, W) word scores from token scores (…, T_b) of each window; special tokens are left out."""
        flat = [part.reshape(-1, part.shape[-1]) for part in by_window]
        scores = merge_tokens(to_array(self.reading.stitch(flat)), self.reading.tokens, rule)
        return scores.reshape(*by_window[0].shape[:-1], self.n_words)


def open_case(
    classifier: Classifier, query: Query, removal: str = "mask", tell: Progress = silent, answers: dict[bytes, np.ndarray] | None = None
) -> Case:
    """Read the text, decide what is explained, and trace it once. Raises TextError, TargetError or MethodError."""
    reading = tokenize_windows(classifier, query.text, query.settings, query.text_pair)
    windows = [reading.batch.window(b) for b in range(len(reading.batch))]
    target, against = resolve_classes(classifier, query, windows)
    traces = [trace_layers(classifier, window, target, against) for window in windows]
    prediction = predict(classifier, query, traces, target, against)
    case = Case(classifier, query, reading, prediction.target, prediction.against, prediction, removal, traces, tell, dict(answers or {}))
    case.masked  # noqa: B018 — an unknown way of hiding words is refused here, not in the middle of the first method
    return case
