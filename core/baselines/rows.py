"""Many rows of one window's word embeddings through the model and back: in batches that fit into memory, and to be cancelled."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.case import Case
from core.errors import MethodError
from core.memory import in_pieces
from core.tokens import TokenBatch
from core.trace import explained_logit, word_gradients

ROW_TOKENS = {"cpu": 2048}  # tokens of one batch: larger ones gain nothing on a processor and delay a cancel
ROW_TOKENS_ELSEWHERE = 16_384


def reduce_gradients(
    case: Case,
    window: TokenBatch,
    make: Callable[[slice], Tensor],
    n_rows: int,
    reduce: Callable[[Tensor, slice], Tensor],
    stage: str,
) -> Tensor:
    """Σ over batches of `reduce(gradient (k, T, E), rows)`, where `make(rows)` gives the word embeddings (k, T, E) of some of
    `n_rows` rows, so that the gradients of all rows never stand in memory together. `stage`: what a waiting person is told."""

    def run(rows: slice) -> Tensor:
        case.tell(stage, rows.start / n_rows)
        words = make(rows).to(_dtype_of(case))
        return reduce(word_gradients(case.classifier, window, words, case.target, case.against)[0], rows)

    device = case.classifier.device
    size = max(1, ROW_TOKENS.get(device, ROW_TOKENS_ELSEWHERE) // window.input_ids.shape[1])
    return torch.stack(in_pieces(run, n_rows, device, size)).sum(0)


def logit_at(case: Case, window: TokenBatch, words: Tensor) -> float:
    """y of one window with `words` (T, E) in place of its own word embeddings."""
    with torch.no_grad():
        inputs = {"input_ids": window.input_ids, **window.side_inputs}
        logits = case.classifier.rooting.run(case.classifier.model, inputs, words[None].to(_dtype_of(case)))[1]
    return float(explained_logit(logits.float(), case.target, case.against))


def blank_words(case: Case, kind: str) -> tuple[str, Tensor]:
    """Name and (E) or () embedding that stands for every piece of the baseline text: `mask`, as `Classifier.mask` has it,
    `pad` or `zero`. Raises MethodError where the model has no padding token."""
    classifier = case.classifier
    if kind == "mask":
        return classifier.mask
    if kind == "zero":
        return "the zero embedding", torch.zeros((), device=classifier.device)
    look_up = classifier.model.get_submodule(classifier.rooting.embeddings[0])
    name, index = classifier.tokenizer.pad_token, classifier.tokenizer.pad_token_id
    if index is None or index >= len(look_up.get_parameter("weight")):
        raise MethodError(
            "This model has no padding token, so no text of [PAD] can be the baseline. Use the [MASK] or the zero baseline."
        )
    with torch.no_grad():
        return str(name), look_up(torch.tensor([index], device=classifier.device))[0]


def baseline_of(window: TokenBatch, words: Tensor, blank: Tensor) -> Tensor:
    """(T, E) the word embeddings `words` of one window with `blank` at every content token; special tokens unchanged."""
    return torch.where(window.is_content[0, :, None], blank.to(words), words)


def _dtype_of(case: Case) -> torch.dtype:
    return case.classifier.model.get_input_embeddings().get_parameter("weight").dtype
