"""Tiny random models of every family the engine promises to read, built from configs: nothing is downloaded.

A family's folder looks like a fine-tuned checkpoint that kept its pre-training head: one `model.safetensors` with the
classifier's tensors and the language model's head beside them, so that both Auto classes load the same folder.
Weights are drawn far wider than transformers' own start, norms included, so that attributions differ visibly.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
)

LABELS = ("negative", "neutral", "positive")
WIDTH = 32
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


@dataclass(frozen=True)
class Family:
    """One architecture as it lies on disk."""

    name: str
    path: Path
    is_decoder: bool
    """Whether its language model is causal (and its classifier reads the last token)."""
    is_first_pooled: bool
    """Whether its classifier reads the last layer at the first token only."""

    @cache
    def classifier(self) -> torch.nn.Module:
        """The classifier as transformers loads it, once a session: copy it before changing it."""
        return AutoModelForSequenceClassification.from_pretrained(self.path).eval()

    @cache
    def language_model(self) -> torch.nn.Module:
        """The language model as transformers loads it, once a session: copy it before changing it."""
        auto = AutoModelForCausalLM if self.is_decoder else AutoModelForMaskedLM
        return auto.from_pretrained(self.path).eval()


# --- tokenizers -----------------------------------------------------------------------------------------------------
BERT_TOKENS = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
ALBERT_TOKENS = dict(pad_token="<pad>", unk_token="<unk>", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
MPNET_TOKENS = dict(cls_token="<s>", pad_token="<pad>", sep_token="</s>", unk_token="[UNK]", mask_token="<mask>")
ROBERTA_TOKENS = dict(cls_token="<s>", pad_token="<pad>", sep_token="</s>", unk_token="<unk>", mask_token="<mask>")
GPT2_TOKENS = dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token="<|endoftext|>")
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


def _wordpiece(special: list[str]) -> Tokenizer:
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
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        left, right = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append((left, right))
        for parts in spelled.values():
            for i in range(len(parts) - 2, -1, -1):
                if parts[i : i + 2] == [left, right]:
                    parts[i : i + 2] = [left + right]
    return merges


def _byte_level(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    merges = _learn_merges(_words_of(tokenizer), 140)
    pieces = dict.fromkeys([*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), *(a + b for a, b in merges)])
    tokenizer.model = models.BPE({piece: i for i, piece in enumerate(pieces)}, merges)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _unigram(special: list[str]) -> Tokenizer:
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
    """[CLS] … [SEP], or <s> … for decoders that have a start token of their own, or nothing at all (GPT-2)."""
    first, last = tokens.get("cls_token"), tokens.get("sep_token")
    if first is None and tokens["bos_token"] != tokens["eos_token"]:
        first = tokens["bos_token"]
    if first is None:
        return
    used = [token for token in (first, last) if token]
    single = f"{first} $A {last}" if last else f"{first} $A"
    pair = f"{first} $A {last} $B {last}" if last else f"{first} $A $B"
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


# --- models ---------------------------------------------------------------------------------------------------------
_LAYERS = dict(hidden_size=WIDTH, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48)
_DEBERTA = dict(
    relative_attention=True, pos_att_type=["p2c", "c2p"], max_relative_positions=-1, position_buckets=8, share_att_key=True,
    norm_rel_ebd="layer_norm", position_biased_input=False, pooler_hidden_size=WIDTH, type_vocab_size=0,
)
_DISTILBERT = dict(dim=WIDTH, n_layers=3, n_heads=4, hidden_dim=48, max_position_embeddings=LIMIT)
_MODERNBERT = dict(**_LAYERS, max_position_embeddings=LIMIT, local_attention=16, global_attn_every_n_layers=2, classifier_pooling="mean")
_GPT2 = dict(n_embd=WIDTH, n_layer=3, n_head=4, n_positions=LIMIT)
_LLAMA = dict(**_LAYERS, num_key_value_heads=2, max_position_embeddings=LIMIT, tie_word_embeddings=False)
_SHORT = dict(max_position_embeddings=LIMIT)
_OFFSET = dict(max_position_embeddings=LIMIT + 2, type_vocab_size=1)  # positions count from the padding id + 1

# name → (model type, config, tokenizer kind, special tokens, limit the tokenizer knows)
RECIPES = {
    "bert": ("bert", dict(**_LAYERS, **_SHORT), _wordpiece, BERT_TOKENS, LIMIT),
    "roberta": ("roberta", dict(**_LAYERS, **_OFFSET), _byte_level, ROBERTA_TOKENS, LIMIT),
    "distilbert": ("distilbert", _DISTILBERT, _wordpiece, BERT_TOKENS, LIMIT),
    "albert": ("albert", dict(**_LAYERS, **_SHORT, embedding_size=16), _unigram, ALBERT_TOKENS, LIMIT),
    "electra": ("electra", dict(**_LAYERS, **_SHORT, embedding_size=16), _wordpiece, BERT_TOKENS, LIMIT),
    "deberta-v2": ("deberta-v2", dict(**_LAYERS, **_SHORT, **_DEBERTA), _unigram, BERT_TOKENS, LIMIT),
    "mpnet": ("mpnet", dict(**_LAYERS, max_position_embeddings=LIMIT + 2), _wordpiece, MPNET_TOKENS, LIMIT),
    "xlm-roberta": ("xlm-roberta", dict(**_LAYERS, **_OFFSET), _unigram, ROBERTA_TOKENS, None),
    "modernbert": ("modernbert", _MODERNBERT, _byte_level, ALBERT_TOKENS, LIMIT),
    "gpt2": ("gpt2", _GPT2, _byte_level, GPT2_TOKENS, None),
    "llama": ("llama", _LLAMA, _unigram, LLAMA_TOKENS, LIMIT),
}
FAMILIES = tuple(RECIPES)
DECODERS = ("gpt2", "llama")
ENCODERS = tuple(name for name in FAMILIES if name not in DECODERS)
FIRST_POOLED = tuple(name for name in ENCODERS if name != "modernbert")
VARIANTS = {  # name → (family, how its folder differs)
    "bert-headless": ("bert", dict(with_head=False)),
    "bert-calm": ("bert", dict(deviation=0.1)),  # nearly linear: quadrature errors are small
}


def scramble(model: torch.nn.Module, seed: int, deviation: float = 0.3) -> None:
    """Draw every parameter anew: matrices with `deviation`, vectors round 1 (scales) or 0 (biases) with 0.2."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=draw)
            is_scale = parameter.ndim == 1 and name.endswith("weight")
            parameter.copy_(values * deviation if parameter.ndim > 1 else values * 0.2 + is_scale)


def _config(model_type: str, settings: dict, tokenizer: PreTrainedTokenizerFast):
    ids = {f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")}
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}
    return AutoConfig.for_model(model_type, vocab_size=len(tokenizer), **settings, **ids, **names)


def _add_head(folder: Path, classifier: torch.nn.Module, language_model: torch.nn.Module) -> None:
    """Write the language model's own tensors beside the classifier's; where a name stands already it stays the classifier's."""
    prefix = language_model.base_model_prefix + "."
    tensors = load_file(folder / "model.safetensors")
    shared = {tensor.data_ptr() for tensor in language_model.base_model.state_dict().values()}
    head = {name: tensor for name, tensor in language_model.state_dict().items() if not name.startswith(prefix)}
    distinct = {}
    for name, tensor in head.items():
        if tensor.data_ptr() not in shared:
            shared.add(tensor.data_ptr())
            distinct[name] = tensor.contiguous()
    save_file({**distinct, **tensors}, folder / "model.safetensors", metadata={"format": "pt"})


def build_folder(name: str, folder: Path, with_head: bool = True, deviation: float = 0.3, seed: int = 0) -> Family:
    """Build one family's model and tokenizer into `folder`; without a head it is a plain classifier checkpoint."""
    model_type, settings, kind, tokens, limit = RECIPES[name]
    tokenizer = build_tokenizer(kind, tokens, limit)
    config = _config(model_type, settings, tokenizer)
    classifier = AutoModelForSequenceClassification.from_config(config)
    scramble(classifier, seed, deviation)
    classifier.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if with_head:
        auto = AutoModelForCausalLM if name in DECODERS else AutoModelForMaskedLM
        language_model = auto.from_config(config)
        scramble(language_model, seed + 1, deviation)
        language_model.tie_weights()
        _add_head(folder, classifier, language_model)
    return Family(name, folder, name in DECODERS, name in FIRST_POOLED)
