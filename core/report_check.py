"""Whether a report that was read back holds together: types of its fields, sizes of its arrays. No torch."""

import dataclasses
import sys
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from core.errors import quoted
from core.records import LayerReport


def require(condition: bool, message: str) -> None:
    """ValueError with this message unless the condition holds."""
    if not condition:
        raise ValueError(message)


def check_types(record: Any, but: tuple[str, ...] = ()) -> bool:
    """True; ValueError where a field of a record, or of a record in it, is not of its annotated type. Fields named in `but` hold
    records that check themselves."""
    for field in dataclasses.fields(record):
        if field.name in but:
            continue
        value = getattr(record, field.name)
        name = f"{type(record).__name__}.{field.name}"
        require(_fits(value, field.type), f"{name} is {quoted(repr(value))}; {field.type} is expected")
    return True


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of an annotated type. JSON writes some whole floats as integers; nothing but a bool is a bool."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin is UnionType:
        return any(_fits(value, part) for part in inner)
    if kind is Any:
        return True
    if kind is float:
        return type(value) in (int, float) and abs(value) <= sys.float_info.max  # JSON knows integers beyond any float
    if is_typeddict(kind):
        fields = get_type_hints(kind)
        return type(value) is dict and value.keys() == fields.keys() and all(_fits(value[name], fields[name]) for name in fields)
    if type(value) is not origin:
        return False
    if origin is tuple:
        kinds = inner[:1] * len(value) if inner[-1] is ... else inner
        return len(kinds) == len(value) and all(map(_fits, value, kinds))
    if origin is list and inner:
        return all(_fits(part, inner[0]) for part in value)
    if origin is dict and inner:
        return all(_fits(key, inner[0]) and _fits(part, inner[1]) for key, part in value.items())
    return check_types(value) if dataclasses.is_dataclass(kind) else True


def check_sizes(report: LayerReport) -> None:
    """ValueError where parts of a report do not go together; what its records check themselves is not looked at again."""
    n_layers, n_tokens, n_words = len(report.layer_outputs), len(report.tokens.texts), len(report.tokens.word_spans)
    shapes = {f"profile {name}": (profile.values, (n_layers,)) for name, profile in report.profiles.items()}
    shapes |= {f"gap of {name}": (made.gap, (n_layers,)) for name, made in report.maps.items() if made.gap is not None}
    if (read := report.decoding) is not None:
        top = (n_layers, n_tokens, *read.top_ids.shape[2:3])
        shapes |= {name: (getattr(read, name), top) for name in ("top_ids", "top_probabilities")}
        shapes |= {name: (getattr(read, name), top[:2]) for name in ("own_rank", "own_probability")}
        require(read.top_ids.ndim == 3 and set(np.unique(read.top_ids).tolist()) <= set(read.texts), "top_ids without a text")
    for name, (values, shape) in shapes.items():
        require(values.shape == shape, f"{name} has shape {values.shape}; {shape} is expected")
    unread = np.array(report.coverage.unread, dtype=np.int64).reshape(-1, 2)
    spans = np.concatenate([report.tokens.spans, report.tokens.word_spans, unread])
    length, characters = len(report.query.joined), sum(end - start for start, end in report.query.text_spans)
    require(bool(((spans >= 0) & (spans <= length)).all() and (spans[:, 0] <= spans[:, 1]).all()), f"spans beyond 0 to {length}")
    require(report.coverage.characters == characters, f"{report.coverage.characters} characters; the text has {characters}")
    word_of = report.tokens.word_of
    require(bool(((word_of >= -1) & (word_of < n_words)).all()), f"word numbers beyond 0 to {n_words - 1}")
