"""What a checkpoint's JSON may say: no code, no other files, no absurd numbers. Asked before transformers is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import ModelError

CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code", "_attn_implementation_internal")
ATTENTION_KEYS = ("attn_implementation", "_attn_implementation")  # may name a kernel that transformers would fetch and run
LOCAL_ATTENTION = (None, "eager", "sdpa")
# With these, transformers reads other weights, another config or another tokenizer than the files that are checked here, or
# takes what is checked under one name from another (`attribute_map`). `save_pretrained` writes none of them.
REDIRECTING_KEYS = ("transformers_weights", "configuration_files", "fast_tokenizer_files", "attribute_map")
DEEPEST = 50  # levels of a config that are searched; real ones have three

LAYERS = (
    *("num_hidden_layers", "n_layer", "n_layers", "num_layers", "layers", "depth", "encoder_layers", "decoder_layers"),
    *("num_encoder_layers", "num_decoder_layers", "num_encoder_blocks", "decoder_num_hidden_layers", "num_hidden_groups"),
    "inner_group_num",
)
VOCABULARY = ("vocab_size", "tgt_vocab_size", "input_vocab_size", "type_vocab_size")
WIDTHS = ("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embed_dim", "embedding_size")
INNER_WIDTHS = ("intermediate_size", "ffn_hidden_size", "encoder_ffn_dim", "decoder_ffn_dim", "hidden_dim", "d_ff", "n_inner")
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
MOST = (
    dict.fromkeys(LAYERS, 1_000)
    | dict.fromkeys(EXPERTS, 10_000)
    | {"num_labels": 100_000, "id2label": 100_000}
    | dict.fromkeys((*WIDTHS, *INNER_WIDTHS), 1_000_000)
    | dict.fromkeys(VOCABULARY, 10_000_000)
)
TIMES_SMALLER = 4  # a file may be than two bytes a number: quantised, its matrices shared or factored
SLACK = 64 * 2**20  # bytes that are no danger whatever the files hold


def read_object(file: Path, shown: str) -> dict[str, Any]:
    """The JSON object of a file. Raises ModelError."""
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{shown} is not valid JSON: {error}. Save the model again.") from error
    if not isinstance(config, dict):
        raise ModelError(f"{shown} holds a {type(config).__name__}; a JSON object is expected. Save the model again.")
    return config


def check_config(file: Path, shown: str) -> None:
    """ModelError if a config, at any depth, asks for code or for other files, or holds a number that no model has."""
    parts = _parts_of(file, shown)
    asked = sorted({key for part in parts for key in _code_keys(part)})
    if asked:
        raise ModelError(
            f"{shown} asks to run its own code ({', '.join(asked)}). Only architectures that transformers knows are loaded."
        )
    elsewhere = sorted({key for part in parts for key in REDIRECTING_KEYS if part.get(key)})
    if elsewhere:
        raise ModelError(
            f"{shown} sends transformers to other files or settings than those checked here ({', '.join(elsewhere)}). "
            "Remove that entry, or save the model again."
        )
    for part in parts:
        for key, most in MOST.items():
            value = part.get(key)
            count = len(value) if isinstance(value, (dict, list)) and key == "id2label" else _number(value)
            if count > most:
                given = f"{count:,}" if count < 10**15 else "a number of more than 15 digits"
                raise ModelError(
                    f"{shown} gives {given} as {key}; at most {most:,} is loaded. Correct it, or save the model again."
                )


def check_size(file: Path, shown: str, held: int) -> None:
    """ModelError if the largest matrix of which a config speaks can't come from weight files of `held` bytes.

    transformers makes room for what a config claims, whatever the files hold.
    """
    needed = max(_largest_matrix(part) for part in _parts_of(file, shown))
    if needed > TIMES_SMALLER * held + SLACK:
        raise ModelError(
            f"{shown} describes a matrix of {needed / 1e6:,.0f} MB, but the weight files hold {held / 1e6:,.1f} MB in all. "
            "Bring the weights and the config that belong together, or save the model again."
        )


def _largest_matrix(part: dict[str, Any]) -> float:
    """Bytes, at two a number, of the largest matrix that one config or inner config speaks of."""
    width = max(_number(part.get(key)) for key in WIDTHS)
    labels = part.get("id2label")
    outputs = max(len(labels) if isinstance(labels, dict) else 0, _number(part.get("num_labels")))
    inner = max(_number(part.get(key)) for key in INNER_WIDTHS)
    return 2 * width * max(outputs, inner, width, *(_number(part.get(key)) for key in VOCABULARY))


def _number(value: Any) -> float:
    """A number as it is, 0 for anything else: what has the wrong type is left for transformers to refuse."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and value == value else 0  # NaN would pass every comparison


def _parts_of(file: Path, shown: str) -> list[dict[str, Any]]:
    try:
        return list(_objects(read_object(file, shown)))
    except RecursionError:
        raise ModelError(f"{shown} has a nesting of more than {DEEPEST} levels; it is too deep. Save the model again.") from None


def _objects(value: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    """A config and the configs inside it. Raises RecursionError where it goes on and on."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, (dict, list)):
                yield from _objects(inner, depth + 1)


def _code_keys(part: dict[str, Any]) -> list[str]:
    """The keys of one config that ask for code."""
    found = [key for key in CODE_KEYS if part.get(key)]
    for key in ATTENTION_KEYS:
        wanted = part.get(key)
        ways = wanted.values() if isinstance(wanted, dict) else [wanted]
        found += [key] if any(way not in LOCAL_ATTENTION for way in ways) else []
    return found
