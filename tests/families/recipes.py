"""The families, as configs of tiny models: name → how transformers builds it and which tokenizer it reads with."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.families.tokenizers import (
    ALBERT_TOKENS,
    BART_TOKENS,
    BERT_TOKENS,
    GPT2_TOKENS,
    LIMIT,
    LLAMA_TOKENS,
    MPNET_TOKENS,
    ROBERTA_TOKENS,
    T5_TOKENS,
    byte_level,
    unigram,
    wordpiece,
)  # fmt: skip

WIDTH = 32


@dataclass(frozen=True)
class Recipe:
    """One family, tiny."""

    settings: dict
    """Of its config."""
    tokenizer: Callable
    tokens: dict[str, str]
    limit: int | None = LIMIT
    """Tokens the tokenizer says it reads; None leaves that to the model's config."""
    model_type: str = ""
    """What transformers calls it; empty: the family's own name."""
    deviation: float = 0.3
    """Of the random weights: a narrow one keeps families without norms finite."""
    positions: int | None = None
    """What published models of the family write as their `max_position_embeddings`, where that is not the config's default."""


_LAYERS = dict(hidden_size=WIDTH, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48)
_SHORT = dict(max_position_embeddings=LIMIT)
_OFFSET = dict(max_position_embeddings=LIMIT + 2, type_vocab_size=1)  # positions count from the padding id + 1
_DEBERTA = dict(
    relative_attention=True, pos_att_type=["p2c", "c2p"], max_relative_positions=-1, position_biased_input=False,
    pooler_hidden_size=WIDTH, type_vocab_size=0,
)  # fmt: skip
_DEBERTA_V2 = dict(**_DEBERTA, position_buckets=8, share_att_key=True, norm_rel_ebd="layer_norm")
_DISTILBERT = dict(dim=WIDTH, n_layers=3, n_heads=4, hidden_dim=48, max_position_embeddings=LIMIT)
_MODERNBERT = dict(**_LAYERS, max_position_embeddings=LIMIT, local_attention=16, global_attn_every_n_layers=2, classifier_pooling="mean")
_GPT2 = dict(n_embd=WIDTH, n_layer=3, n_head=4, n_positions=LIMIT)
_LLAMA = dict(**_LAYERS, num_key_value_heads=2, max_position_embeddings=LIMIT, tie_word_embeddings=False)
_GEMMA = dict(**_LAYERS, **_SHORT, num_key_value_heads=2, head_dim=8)
_BART = dict(
    d_model=WIDTH, encoder_layers=3, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48,
    decoder_ffn_dim=48, max_position_embeddings=LIMIT,
)  # fmt: skip
_T5 = dict(d_model=WIDTH, d_kv=8, d_ff=48, num_layers=3, num_decoder_layers=2, num_heads=4, decoder_start_token_id=0)
_FEW_BLOCKS = dict(embedding_size=16, intra_bottleneck_size=16, num_feedforward_networks=1)
_EXPERTS = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16, head_dim=8)

RECIPES = {
    # The first eleven stand for all others in the tests of the engine's parts; `test_families` runs every one.
    "bert": Recipe(_LAYERS | _SHORT, wordpiece, BERT_TOKENS),
    "roberta": Recipe(_LAYERS | _OFFSET, byte_level, ROBERTA_TOKENS, positions=514),
    "distilbert": Recipe(_DISTILBERT, wordpiece, BERT_TOKENS),
    "albert": Recipe(_LAYERS | _SHORT | dict(embedding_size=16), unigram, ALBERT_TOKENS),
    "electra": Recipe(_LAYERS | _SHORT | dict(embedding_size=16), wordpiece, BERT_TOKENS),
    "deberta-v2": Recipe(_LAYERS | _SHORT | _DEBERTA_V2, unigram, BERT_TOKENS),
    "mpnet": Recipe(_LAYERS | dict(max_position_embeddings=LIMIT + 2), wordpiece, MPNET_TOKENS, positions=514),
    "xlm-roberta": Recipe(_LAYERS | _OFFSET, unigram, ROBERTA_TOKENS, None, positions=514),
    "modernbert": Recipe(_MODERNBERT, byte_level, ALBERT_TOKENS),
    "gpt2": Recipe(_GPT2, byte_level, GPT2_TOKENS, None),
    "llama": Recipe(_LLAMA, unigram, LLAMA_TOKENS),
    # encoders
    "camembert": Recipe(_LAYERS | _OFFSET, unigram, ROBERTA_TOKENS, positions=514),
    "deberta": Recipe(_LAYERS | _SHORT | _DEBERTA, byte_level, BERT_TOKENS),
    "mobilebert": Recipe(_LAYERS | _SHORT | _FEW_BLOCKS, wordpiece, BERT_TOKENS, deviation=0.1),
    "longformer": Recipe(_LAYERS | _OFFSET | dict(attention_window=8), byte_level, ROBERTA_TOKENS, positions=4098),
    "big_bird": Recipe(_LAYERS | _SHORT, unigram, ALBERT_TOKENS),
    "ernie": Recipe(_LAYERS | _SHORT, wordpiece, BERT_TOKENS),
    "convbert": Recipe(_LAYERS | _SHORT | dict(embedding_size=16, head_ratio=2, conv_kernel_size=3), wordpiece, BERT_TOKENS),
    "rembert": Recipe(_LAYERS | _SHORT | dict(input_embedding_size=16, output_embedding_size=20), unigram, ALBERT_TOKENS),
    "squeezebert": Recipe(_LAYERS | _SHORT | dict(embedding_size=WIDTH), wordpiece, BERT_TOKENS),
    "megatron-bert": Recipe(_LAYERS | _SHORT, wordpiece, BERT_TOKENS),
    "roformer": Recipe(_LAYERS | _SHORT | dict(embedding_size=16), wordpiece, BERT_TOKENS),
    "fnet": Recipe(_LAYERS | _SHORT, unigram, ALBERT_TOKENS),
    "xlm": Recipe(dict(emb_dim=WIDTH, n_layers=3, n_heads=4, max_position_embeddings=LIMIT), wordpiece, BERT_TOKENS),
    "xlnet": Recipe(dict(d_model=WIDTH, n_layer=3, n_head=4, d_inner=48), unigram, ALBERT_TOKENS),
    # decoders
    "opt": Recipe(_LAYERS | _SHORT | dict(ffn_dim=48, word_embed_proj_dim=WIDTH), byte_level, LLAMA_TOKENS),
    "mistral": Recipe(_LLAMA, unigram, LLAMA_TOKENS),
    "qwen2": Recipe(_LLAMA | dict(tie_word_embeddings=True), byte_level, GPT2_TOKENS),
    "qwen3": Recipe(_LLAMA | dict(head_dim=8), byte_level, GPT2_TOKENS),
    "qwen3_moe": Recipe(_LLAMA | _EXPERTS, byte_level, GPT2_TOKENS),
    "gemma": Recipe(_GEMMA, unigram, LLAMA_TOKENS),
    "gemma2": Recipe(_GEMMA, unigram, LLAMA_TOKENS),
    "gemma3_text": Recipe(_GEMMA, unigram, LLAMA_TOKENS),
    "phi": Recipe(_LAYERS | _SHORT, byte_level, GPT2_TOKENS),
    "phi3": Recipe(_LLAMA, unigram, LLAMA_TOKENS),
    "gpt_neo": Recipe(
        _LAYERS | _SHORT | dict(attention_types=[[["global", "local", "global"], 1]], window_size=8), byte_level, GPT2_TOKENS
    ),
    "gpt_neox": Recipe(_LAYERS | _SHORT, byte_level, GPT2_TOKENS),
    "bloom": Recipe(dict(hidden_size=WIDTH, n_layer=3, n_head=4), byte_level, LLAMA_TOKENS),
    # encoder–decoders
    "bart": Recipe(_BART, byte_level, BART_TOKENS),
    "mbart": Recipe(_BART, unigram, BART_TOKENS),
    "t5": Recipe(_T5, unigram, T5_TOKENS),
    "mt5": Recipe(_T5, unigram, T5_TOKENS),
    # refused by name
    "funnel": Recipe(dict(d_model=WIDTH, block_sizes=[1, 1, 1], n_head=4, d_head=8, d_inner=48), wordpiece, BERT_TOKENS),
    "canine": Recipe(_LAYERS | dict(max_position_embeddings=LIMIT, num_hash_buckets=64), wordpiece, BERT_TOKENS),
    "ibert": Recipe(_LAYERS | _OFFSET, byte_level, ROBERTA_TOKENS),
    "xmod": Recipe(_LAYERS | _OFFSET, unigram, ROBERTA_TOKENS),
    "reformer": Recipe(
        dict(hidden_size=WIDTH, attn_layers=["local", "local"], axial_pos_shape=[8, 8], axial_pos_embds_dim=[16, 16], is_decoder=False),
        unigram, ALBERT_TOKENS,
    ),  # fmt: skip
}
EVERY = tuple(RECIPES)
FAMILIES = EVERY[:11]
REFUSED = ("funnel", "canine", "ibert", "xmod", "reformer")
SUPPORTED = tuple(name for name in EVERY if name not in REFUSED)
ENCODER_DECODERS = ("bart", "mbart", "t5", "mt5")
EVERY_DECODER = ("gpt2", "llama", *EVERY[EVERY.index("opt") : EVERY.index("bart")])
DECODERS = tuple(name for name in FAMILIES if name in EVERY_DECODER)
ENCODERS = tuple(name for name in FAMILIES if name not in DECODERS)
FIRST_POOLED = tuple(name for name in ENCODERS if name != "modernbert")
VARIANTS = {  # name → (family, how its folder differs)
    "bert-headless": ("bert", dict(with_head=False)),
    "bert-calm": ("bert", dict(deviation=0.1)),  # nearly linear: quadrature errors are small
}
