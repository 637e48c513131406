"""Whether a language-model head fits: does it find hidden words, and does it name words from their embeddings alone?

Twelve short English sentences are built in, each with one word that people guess at once. On another language the figures
say less, which the sentence of the verdict can't know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from core.capability import HeadFitness
from core.lm_head import LanguageModelHead
from core.progress import Progress
from core.rooting import padding_of, states_of, table_size

# (what stands before the word, the word, what stands behind it)
GUESSES = (
    ("Paris is the capital city of", "France", "."),
    ("The opposite of hot is", "cold", "."),
    ("She opened the door with her", "key", "."),
    ("The sun rises in the", "east", "."),
    ("He was so tired that he went to", "bed", "."),
    ("Please wash your", "hands", " before dinner."),
    ("The king and the", "queen", " lived in a castle."),
    ("There are seven days in a", "week", "."),
    ("They were married and had three", "children", "."),
    ("London is the capital of", "England", "."),
    ("I would like a cup of", "tea", ", please."),
    ("Once upon a", "time", ", there was a little girl."),
)
LARGEST_BASE = 500_000_000  # parameters; a larger base model is not loaded a second time only to be checked
BOTH_WAYS = ("xlnet",)  # trained on permutations: neither masked words nor the next word
GOOD, FAIR = 0.6, 0.3  # shares of hidden words found


@dataclass(frozen=True, eq=False)
class _Hidden:
    """A sentence whose word is one piece, and where that piece stands."""

    ids: list[int]
    position: int
    answer: int


def measure_fitness(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    head: LanguageModelHead,
    source: str,
    load_base: Callable[[], nn.Module] | None,
    progress: Progress,
) -> HeadFitness:
    """Check `head` on the classifier `model`, and on its base if `load_base` gives it, else on the classifier's own encoder.

    The base is loaded for this alone and let go. What can't be tried is said, not raised; only `progress` raises.
    """
    own = _measure_own(model, tokenizer, head)
    is_causal = type(model.config) not in MODEL_FOR_MASKED_LM_MAPPING
    if not is_causal and tokenizer.mask_token_id is None:
        return _verdict(own, 0, 0, source, "this tokenizer has no token that masks a word")
    if model.config.model_type in BOTH_WAYS:
        return _verdict(own, 0, 0, source, "its language model was trained to guess words in an order of its own")
    masked = None if is_causal else tokenizer.mask_token_id
    hidden = [one for guess in GUESSES if (one := _hide(tokenizer, masked, *guess)) and all(_known(model, [*one.ids, one.answer]))]
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    if load_base is not None and n_parameters > LARGEST_BASE:
        reason = f"the base model, of about {n_parameters / 1e6:,.0f} million parameters, is too large to be loaded only for it"
        return _verdict(own, 0, 0, source, reason)
    if not hidden:
        return _verdict(own, 0, 0, source, "this tokenizer cuts every one of the words in pieces, or into some that the model never learned")
    base = source if load_base is not None else "the classifier's own encoder"
    try:
        if load_base is None:
            found = _count_found(hidden, lambda **inputs: _own_logits(model, head, inputs), tokenizer, model)
        else:
            progress("Checking the head on its base model", 0.85)
            whole = load_base()
            found = _count_found(hidden, lambda **inputs: whole(**inputs).logits, tokenizer, model)
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError, OSError):
        return _verdict(own, 0, 0, base, "the base model could not be run")
    return _verdict(own, len(hidden), found, base, "")


def _measure_own(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, head: LanguageModelHead) -> float:
    """Share of the pieces of the sentences that the head names first from state 0, the embedding."""
    text = " ".join(f"{before} {word}{after}" for before, word, after in GUESSES)
    limit = min(64, getattr(model.config.get_text_config(), "max_position_embeddings", None) or 64)
    encoded = tokenizer(text, truncation=True, max_length=max(limit - 4, 8), return_special_tokens_mask=True)
    known = _known(model, encoded["input_ids"])
    pieces, special = (list(compress(encoded[name], known)) for name in ("input_ids", "special_tokens_mask"))
    if all(special):
        return 0.0  # none of the sentences' pieces is known
    ids, content = torch.tensor([pieces], device=model.device), torch.tensor(special, device=model.device) == 0
    with torch.no_grad():
        state = states_of(model(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True, return_dict=True))[0]
        named = head.logits(state[0], is_last=False).argmax(-1)
    return float((named == ids[0])[content].float().mean())


def _known(model: PreTrainedModel, ids: list[int]) -> list[bool]:
    """Of each piece whether the model has learned it: the tokenizer may have been given more, and a look-up beyond the table would fail."""
    size = table_size(model)
    return [size is None or index < size for index in ids]


def _hide(tokenizer: PreTrainedTokenizerBase, mask: int | None, before: str, word: str, after: str) -> _Hidden | None:
    """The sentence with its word masked, or cut off before it (`mask` None); None if the word is not one piece."""
    encoded = tokenizer(f"{before} {word}{after}", return_offsets_mapping=True)
    start = len(before) + 1
    places = [i for i, (a, b) in enumerate(encoded["offset_mapping"]) if a < start + len(word) and b > start]
    if len(places) != 1:
        return None
    ids, place = list(encoded["input_ids"]), places[0]
    answer = ids[place]
    if mask is None:
        return _Hidden(ids[:place], place - 1, answer) if place else None
    ids[place] = mask
    return _Hidden(ids, place, answer)


def _own_logits(model: PreTrainedModel, head: LanguageModelHead, inputs: dict[str, Tensor]) -> Tensor:
    states = states_of(model(**inputs, output_hidden_states=True, return_dict=True))[-1]  # (B, T, D)
    return head.logits(states.flatten(0, 1)).unflatten(0, states.shape[:2])


def _count_found(hidden: list[_Hidden], read: Callable[..., Tensor], tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """How many answers are among the five best guesses of `read`, which gives logits (B, T, V)."""
    longest, pad = max(len(each.ids) for each in hidden), padding_of(tokenizer, model)
    ids = torch.tensor([each.ids + [pad] * (longest - len(each.ids)) for each in hidden], device=model.device)
    mask = torch.tensor([[1] * len(each.ids) + [0] * (longest - len(each.ids)) for each in hidden], device=model.device)
    places = torch.tensor([each.position for each in hidden], device=model.device)
    answers = torch.tensor([each.answer for each in hidden], device=model.device)
    with torch.no_grad():
        logits = read(input_ids=ids, attention_mask=mask)[torch.arange(len(hidden)), places]  # (B, V)
    return int((logits.topk(5).indices == answers[:, None]).any(1).sum())


def _verdict(own: float, tried: int, found: int, base: str, why_not: str) -> HeadFitness:
    names = f"It names {own:.0%} of the words from their embeddings alone"
    if not tried:
        return HeadFitness(own, 0, 0, base, f"{names}; hidden words were not tried: {why_not}.")
    share = found / tried
    judged = "The head reads well" if share >= GOOD else "The head reads fairly" if share >= FAIR else "The head reads poorly"
    place = "on the last state of " + base
    return HeadFitness(own, tried, found, base, f"{judged}: {found} of {tried} hidden words were among its five best guesses {place}. {names}.")
