"""Tokenizers of the three kinds that real families use, their vocabularies built from a few sentences: the same ones each time."""

import itertools
import math
from collections import Counter

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

LIMIT = 64  # tokens a tiny model reads at once
SENTENCES = (
    "The film was a quiet, wonderful surprise and I would watch it again.",
    "A dull, dreadful plot; nobody in the room laughed, not even once.",
    "It doesn't matter what they say: the acting is superb!",
    "I can't recommend this movie, it's boring and far too long.",
    "Neither good nor bad, the story just ends after two hours.",
    "An unforgettable performance by the whole cast, with great music.",
    "The director's earlier work was better than this tired sequel.",
    "What a waste of time, money and talent (see the last scene).",
    "Café society, naïve heroes and a résumé of clichés.",
    "Everything about the ending felt honest, warm and deeply moving.",
)
TEXT = "The acting is superb, but the plot was dreadful and far too long."

BERT_TOKENS = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
ALBERT_TOKENS = dict(pad_token="<pad>", unk_token="<unk>", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
MPNET_TOKENS = dict(cls_token="<s>", pad_token="<pad>", sep_token="</s>", unk_token="[UNK]", mask_token="<mask>")
ROBERTA_TOKENS = dict(cls_token="<s>", pad_token="<pad>", sep_token="</s>", unk_token="<unk>", mask_token="<mask>")
GPT2_TOKENS = dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token="<|endoftext|>")
BART_TOKENS = dict(**ROBERTA_TOKENS, bos_token="<s>", eos_token="</s>")
T5_TOKENS = dict(pad_token="<pad>", eos_token="</s>", sep_token="</s>", unk_token="<unk>")
LLAMA_TOKENS = dict(unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def _words_of(tokenizer: Tokenizer) -> Counter:
    """How often each pre-tokenized word occurs in SENTENCES."""
    normalise = tokenizer.normalizer.normalize_str if tokenizer.normalizer else str
    return Counter(word for text in SENTENCES for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalise(text)))


# The library's own trainers break ties at random, so vocabularies are built here: the same ones each time.
def _common_parts(words: Counter, n_parts: int) -> list[tuple[str, bool, int]]:
    """The `n_parts` commonest (part, stands at a word's start, count) of 2 to 6 characters, each character covered counted once."""
    counts = Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 2, min(len(word), start + 6) + 1):
                if word[start:end].lstrip("▁").isalpha():  # real vocabularies hardly join letters and punctuation
                    counts[word[start:end], start == 0] += count
    ranked = sorted(counts.items(), key=lambda item: (-item[1] * len(item[0][0]), item[0]))
    return [(part, is_first, count) for (part, is_first), count in ranked[:n_parts]]


def wordpiece(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = _words_of(tokenizer)
    letters = sorted(set("".join(words)))
    parts = [part if is_first else "##" + part for part, is_first, _ in _common_parts(words, 180)]
    pieces = dict.fromkeys([*special, *letters, *("##" + letter for letter in letters), *parts])
    tokenizer.model = models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]")
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _learn_merges(words: Counter, n_merges: int) -> list[tuple[str, str]]:
    """Byte-pair merges (Sennrich et al. 2016), ties broken by the pair itself."""
    spelled, merges = {word: list(word) for word in words}, []
    for _ in range(n_merges):
        pairs = Counter()
        for word, parts in spelled.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        left, right = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append((left, right))
        for parts in spelled.values():
            for i in range(len(parts) - 2, -1, -1):
                if parts[i : i + 2] == [left, right]:
                    parts[i : i + 2] = [left + right]
    return merges


def byte_level(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    merges = _learn_merges(_words_of(tokenizer), 140)
    pieces = dict.fromkeys([*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), *(a + b for a, b in merges)])
    tokenizer.model = models.BPE({piece: i for i, piece in enumerate(pieces)}, merges)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" {2,}", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    words = _words_of(tokenizer)
    scores = dict.fromkeys(special, 0.0) | dict.fromkeys(sorted(set("".join(words))), -12.0)
    for part, _, count in _common_parts(words, 200):
        scores.setdefault(part, math.log(count) - 10.0)
    unknown = special.index("<unk>") if "<unk>" in special else special.index("[UNK]")
    tokenizer.model = models.Unigram(list(scores.items()), unknown)
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def _frame(tokenizer: Tokenizer, tokens: dict[str, str]) -> None:
    """[CLS] … [SEP], or … </s> (T5), or <s> … for decoders that have a start token of their own, or nothing at all (GPT-2)."""
    first, last = tokens.get("cls_token"), tokens.get("sep_token")
    if first is None and tokens.get("bos_token") != tokens["eos_token"]:
        first = tokens.get("bos_token")
    used = [token for token in (first, last) if token]
    if not used:
        return
    single = " ".join([*([first] if first else []), "$A", *([last] if last else [])])
    pair = single + (f" $B {last}" if last else " $B")
    pieces = [(token, tokenizer.token_to_id(token)) for token in used]
    framed = processors.TemplateProcessing(single=single, pair=pair, special_tokens=pieces)
    is_bytes = isinstance(tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel)
    trimmed = [processors.ByteLevel(trim_offsets=True)] if is_bytes else []
    tokenizer.post_processor = processors.Sequence([*trimmed, framed])


def build_tokenizer(kind, tokens: dict[str, str], limit: int | None = LIMIT) -> PreTrainedTokenizerFast:
    """A tokenizer of one kind, its vocabulary built from `SENTENCES`; `limit` None leaves the limit to the model's config."""
    special = list(dict.fromkeys(tokens.values()))
    tokenizer = kind(special)
    tokenizer.add_special_tokens(special)
    _frame(tokenizer, tokens)
    inputs = ["input_ids", "attention_mask"]
    more = {} if limit is None else {"model_max_length": limit}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **tokens, **more)
