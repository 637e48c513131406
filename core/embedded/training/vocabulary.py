"""Prune a WordPiece vocabulary to what English text uses, and cut the embedding matrix to match.

Every special token and every single character (plain or `##`) is kept, so that what could be spelled before
can be spelled still; of the longer pieces, those are kept that the training texts use most often. A word whose
piece is gone is split into shorter pieces by the same greedy longest-match rule (Wu et al. 2016).
"""

import collections
import json
from pathlib import Path

from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

SPECIAL_TOKENS = {name: f"[{name[:-6].upper()}]" for name in ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")}


def count_pieces(tokenizer: Tokenizer, texts: list[str], chunk: int = 2000) -> collections.Counter[int]:
    """How often each vocabulary id occurs in the texts."""
    counts: collections.Counter[int] = collections.Counter()
    for start in tqdm(range(0, len(texts), chunk), desc="counting pieces", unit="chunk"):
        for encoding in tokenizer.encode_batch(texts[start : start + chunk], add_special_tokens=False):
            counts.update(encoding.ids)
    return counts


def choose_pieces(vocabulary: dict[str, int], counts: collections.Counter[int], size: int) -> list[str]:
    """`size` pieces in the order of their old ids: special tokens, single characters, then the most frequent."""
    always = [p for p in vocabulary if p in SPECIAL_TOKENS.values() or len(p.removeprefix("##")) == 1]
    rest = sorted(set(vocabulary) - set(always), key=lambda piece: (-counts[vocabulary[piece]], vocabulary[piece]))
    kept = set(always) | set(rest[: size - len(always)])
    return sorted(kept, key=vocabulary.__getitem__)


def prune_tokenizer(source: Path, kept: list[str], max_length: int) -> PreTrainedTokenizerFast:
    """The tokenizer at `source` with only the `kept` pieces, renumbered from 0; no truncation and no padding of its own."""
    state = json.loads((source / "tokenizer.json").read_text())
    new_id = {piece: number for number, piece in enumerate(kept)}
    state["model"]["vocab"] = new_id
    state["truncation"] = state["padding"] = None
    for token in state["added_tokens"]:
        token["id"] = new_id[token["content"]]
    for token in state["post_processor"]["special_tokens"].values():
        token["ids"] = [new_id[piece] for piece in token["tokens"]]
    backend = Tokenizer.from_str(json.dumps(state))
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=max_length, **SPECIAL_TOKENS)
