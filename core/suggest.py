"""Words that the language-model head itself would put in a place, and what the classifier says of each.

The place is hidden from the classifier's own encoder: all pieces of its word become ONE mask, and the head reads the state of
the LAST layer there. Measured on the two embedded models, whose calibrated layers are 3 and 5 of 6, with 32 sentences
(the twelve of `fitness` and twenty others), hidden words among the first five guesses: from the last layer 9 (sentiment) and 5
(news); from the calibrated layer 3 and 4; from no layer more. A decoder knows only what stands before a word, so there the text
is cut off before it, and the state of the last token is read.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from core.decode import blockwise_top_k
from core.edit_records import Fill, Suggestions
from core.edited_texts import EditedTexts
from core.edits import REPLACE, Edit, apply_edit
from core.errors import MethodError, TextError, quoted
from core.fitness import BOTH_WAYS
from core.lm_head import LanguageModelHead
from core.models import Classifier
from core.progress import Progress, silent
from core.records import Query
from core.tokens import Reading, TokenBatch, lock_of, tokenize_windows

MOST = 8  # words suggested
POOL = 64  # pieces of the head that are looked through for whole words
AROUND = 100  # characters on each side of a place, with which a candidate is tokenised


@dataclass(frozen=True)
class Guess:
    """A whole word that the head reads at a hidden place, with its probability over the whole vocabulary."""

    text: str
    probability: float


def suggest(classifier: Classifier, query: Query, word: int, n: int = MOST, tell: Progress = silent) -> Suggestions:
    """The head's first `n` whole words for the place of a word (index into `Tokens.word_spans`), other than the word itself, most
    probable first, and what the classifier says of the text with each.

    Raises MethodError where the model has no head, or none that guesses words; TextError for a word or text that is not there.
    """
    start = time.perf_counter()
    check_head(classifier)
    reading = tokenize_windows(classifier, query.text, query.settings, query.text_pair)
    n_words = len(reading.tokens.word_spans)
    if word not in range(n_words):
        raise TextError(f"There is no word {word + 1}: {n_words} words of this text were read. Choose one of them.")
    tell("Reading what the language-model head would put there", 0.0)
    guesses = guess_words(classifier, query, reading, word, n)
    tell("Asking the model about each suggestion", 0.5)
    edited = EditedTexts(classifier, query.settings, lambda stage, share: tell(stage, 0.5 + share / 2))
    texts = [apply_edit(query, reading.tokens, Edit(REPLACE, (word,), guess.text), None) for guess in guesses]
    fills = tuple(Fill(guess.text, guess.probability, said) for guess, said in zip(guesses, edited.outputs(texts)))
    return Suggestions(word, fills, _how(classifier), time.perf_counter() - start)


def check_head(classifier: Classifier) -> None:
    """MethodError, in a sentence, where the model can't suggest words."""
    if classifier.lm_head is None:
        raise MethodError(f"Suggestions come from a language-model head, which this model has not. {classifier.missing_head}")
    if classifier.model.config.model_type in BOTH_WAYS:
        raise MethodError("This family learned to guess words in an order of its own, and suggests none for one place. Type one.")
    if not is_causal(classifier) and classifier.mask_token is None:
        raise MethodError("This model has no token that masks a word, so no place can be hidden. Type a word instead.")


def is_causal(classifier: Classifier) -> bool:
    """Whether the model knows only what stands before a word."""
    return type(classifier.model.config) not in MODEL_FOR_MASKED_LM_MAPPING


def guess_words(classifier: Classifier, query: Query, reading: Reading, word: int, n: int) -> list[Guess]:
    """The head's first `n` whole words for the place of a word, with its probabilities; without what the classifier says. Raises
    MethodError where nothing stands before the word and the model is a decoder."""
    with torch.no_grad():
        logits = _read_place(classifier, query, reading, word)  # (1, V)
        top, ids = blockwise_top_k(logits, min(POOL, logits.shape[1]))
        probabilities = (top - logits.logsumexp(-1, keepdim=True)).exp()
    start, end = map(int, reading.tokens.word_spans[word])
    found: dict[str, Any] = {}
    own = query.joined[start:end]
    for index, probability in zip(ids[0].tolist(), probabilities[0].tolist()):
        text = _whole_word(classifier, query, (start, end), index)
        if text is not None and text.casefold() != own.casefold():
            found.setdefault(text.casefold(), Guess(text, probability))
        if len(found) == n:
            break
    return list(found.values())


def _read_place(classifier: Classifier, query: Query, reading: Reading, word: int) -> Tensor:
    """(1, V) the head's logits at the place of a word that is hidden from the encoder."""
    b = int(reading.window[np.flatnonzero(reading.tokens.word_of == word)[0]])
    window = reading.batch.window(b)
    pieces = np.flatnonzero(reading.word_of[b, : window.input_ids.shape[1]] == word)
    first, last = int(pieces[0]), int(pieces[-1])
    ids, places = window.input_ids, range(window.input_ids.shape[1])
    if is_causal(classifier):
        if first == 0:
            said = quoted(query.joined[slice(*map(int, reading.tokens.word_spans[word]))])
            raise MethodError(f"Nothing stands before {said}, and this model guesses words only from what does. Type one.")
        window, first = _only(window, ids, list(places[:first])), first - 1
    else:
        ids = ids.clone()
        ids[0, first] = classifier.tokenizer.mask_token_id
        window = _only(window, ids, [place for place in places if not first < place <= last])
    words = classifier.model.get_input_embeddings()(window.input_ids)
    states, _ = classifier.rooting.run(classifier.model, {"input_ids": window.input_ids, **window.side_inputs}, words)
    head = cast("LanguageModelHead", classifier.lm_head)  # `check_head` saw to it
    return head.logits(classifier.rooting.orient(states[-1], window.input_ids)[0, first][None])


def _only(window: TokenBatch, ids: Tensor, places: list[int]) -> TokenBatch:
    """These places of the window (1, T), with `ids` (1, T) for its own."""
    types = None if window.token_type_ids is None else window.token_type_ids[:, places]
    return TokenBatch(ids[:, places], window.attention_mask[:, places], window.is_special[:, places], types)


def _whole_word(classifier: Classifier, query: Query, span: tuple[int, int], index: int) -> str | None:
    """The piece as a word of its own, written like the word in its place; None if it is none: a part of one, a sign, or special.

    It is one if, put in the place, the tokenizer reads it there as this one piece. That holds in every family.
    """
    tokenizer = classifier.tokenizer
    if index in tokenizer.all_special_ids or index >= len(tokenizer):
        return None
    text = str(tokenizer.decode([index])).strip()
    if not any(sign.isalpha() or sign.isdigit() for sign in text) or any(sign.isspace() for sign in text):
        return None
    spellings = _spellings(text, query.joined[slice(*span)])
    return next((written for written in spellings if _is_read_as(tokenizer, query, span, written, index)), None)


def _spellings(text: str, own: str) -> Iterator[str]:
    """The text with a capital where the word in its place has one, as far as the tokenizer does not mind; then as it is."""
    if own[:1].isupper() and not text[:1].isupper():
        yield text[:1].upper() + text[1:]
    yield text


def _is_read_as(tokenizer: PreTrainedTokenizerBase, query: Query, span: tuple[int, int], text: str, index: int) -> bool:
    """Whether the tokenizer reads the text, put in the place, as this one piece."""
    low, high = next((low, high) for low, high in query.text_spans if low <= span[0] and span[1] <= high)
    before, after = query.joined[max(low, span[0] - AROUND) : span[0]], query.joined[span[1] : min(high, span[1] + AROUND)]
    with lock_of(tokenizer):
        encoded = tokenizer(before + text + after, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    start, end = len(before) - before.endswith(" "), len(before) + len(text)  # a space that is a piece of its own is one too many
    pieces = [i for i, (a, b) in zip(encoded["input_ids"], encoded["offset_mapping"]) if a < end and b > start]
    return pieces == [index]


def _how(classifier: Classifier) -> str:
    head = f"the language-model head ({classifier.lm_source})"
    if is_causal(classifier):
        return f"First choices of {head} for the next word, read from the last layer behind the words before this one."
    return f"First choices of {head} for this place with its word masked, read from the last layer there."
