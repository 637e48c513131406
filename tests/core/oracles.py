"""Independent routes to what the engine computes: transformers' own forward with hooks, cut models, plain loops."""

import copy
import dataclasses
from operator import attrgetter

import numpy as np
import torch
from torch import nn

from core.records import LayerReport
from core.tokens import TokenBatch

# family → (module that makes state 0, list of layers, norm that makes the last state or None)
STATES = {
    "bert": ("bert.embeddings", "bert.encoder.layer", None),
    "roberta": ("roberta.embeddings", "roberta.encoder.layer", None),
    "distilbert": ("distilbert.embeddings", "distilbert.transformer.layer", None),
    "albert": ("albert.encoder.embedding_hidden_mapping_in", "albert.encoder.albert_layer_groups", None),
    "electra": ("electra.embeddings_project", "electra.encoder.layer", None),
    "deberta-v2": ("deberta.embeddings", "deberta.encoder.layer", None),
    "mpnet": ("mpnet.embeddings", "mpnet.encoder.layer", None),
    "xlm-roberta": ("roberta.embeddings", "roberta.encoder.layer", None),
    "modernbert": ("model.embeddings", "model.layers", "model.final_norm"),
    "gpt2": ("transformer.drop", "transformer.h", "transformer.ln_f"),
    "llama": ("model.embed_tokens", "model.layers", "model.norm"),
}


def state_modules(name: str, model: nn.Module) -> list[nn.Module]:
    """The modules whose outputs are the states 0 … L−1. ALBERT's one layer stands for all of its states."""
    first, layers, norm = STATES[name]
    modules = [attrgetter(first)(model), *attrgetter(layers)(model)]
    if name == "deberta-v2":
        modules[1:] = [layer.output for layer in modules[1:]]  # its layers return tuples, which hooks of Captum refuse
    return modules if norm is None else [*modules[:-1], attrgetter(norm)(model)]


def final_norm(name: str, model: nn.Module) -> nn.Module:
    """What turns the last layer's output into the last state; nothing for models that normalise inside their layers."""
    norm = STATES[name][2]
    return nn.Identity() if norm is None else attrgetter(norm)(model)


def cut(name: str, model: nn.Module, n_layers: int) -> nn.Module:
    """The same model, ended after `n_layers`: what its head says there without any engine."""
    model = copy.deepcopy(model)
    model.config.num_hidden_layers = n_layers
    if name != "albert":
        parent, _, attribute = STATES[name][1].rpartition(".")
        holder = attrgetter(parent)(model)
        setattr(holder, attribute, getattr(holder, attribute)[:n_layers])
    return model


def pad(inputs: dict, extra: int, pad_id: int) -> dict:
    """Inputs with `extra` padding tokens at the right."""
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    more = ids.new_full((len(ids), extra), pad_id)
    return {"input_ids": torch.cat([ids, more], 1), "attention_mask": torch.cat([mask, torch.zeros_like(more)], 1)}


def encode(tokenizer, *texts: str) -> dict:
    """input_ids and attention_mask of texts, padded at the right."""
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.padding_side = "right"
    encoded = tokenizer(list(texts), padding=True, return_tensors="pt")
    return {"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"]}


def batch_of(classifier, *texts: str, extra: int = 0) -> TokenBatch:
    """Texts as one batch, right-padded, with `extra` padding tokens more."""
    tokenizer = classifier.tokenizer
    inputs = pad(encode(tokenizer, *texts), extra, classifier.model.config.pad_token_id)
    framing = [i for i in (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.bos_token_id) if i is not None]
    special = torch.isin(inputs["input_ids"], torch.tensor(framing)) & (inputs["attention_mask"] == 1)
    return TokenBatch(**inputs, is_special=special)


def assert_close_by_layer(got: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    """Every layer (first dimension) within `tolerance` of its own largest magnitude."""
    assert got.shape == expected.shape
    for layer, (a, b) in enumerate(zip(got, expected)):
        error, scale = (a - b).abs().max(), b.abs().max()
        assert error <= tolerance * scale, f"layer {layer}: off by {error:.2e} of {scale:.2e}"


class Frozen:
    """`with Frozen(model):` fails if a parameter, a buffer, a gradient or the tree of modules is changed inside."""

    def __init__(self, *models: nn.Module):
        self.models = models

    def _look(self):
        return [
            (
                {name: tensor.clone() for name, tensor in model.state_dict().items()},
                dict(model.named_modules()),
                {name: (p.requires_grad, p.grad is None) for name, p in model.named_parameters()},
                {name: len(module._forward_hooks) for name, module in model.named_modules()},
            )
            for model in self.models
        ]

    def __enter__(self):
        self.before = self._look()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        for (tensors, *rest), (tensors_now, *rest_now) in zip(self.before, self._look()):
            assert tensors.keys() == tensors_now.keys()
            assert all(torch.equal(tensors[name], tensors_now[name]) for name in tensors)
            assert rest == rest_now


def _same(a, b, where: str) -> None:
    assert type(a) is type(b), where
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype and np.array_equal(a, b), where
    elif isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            _same(a[key], b[key], f"{where}[{key!r}]")
    elif dataclasses.is_dataclass(a):
        for field in dataclasses.fields(a):
            if field.name != "seconds":
                _same(getattr(a, field.name), getattr(b, field.name), f"{where}.{field.name}")
    else:
        assert a == b, where


def assert_reports_equal(a: LayerReport, b: LayerReport) -> None:
    """Every field of two reports, arrays bit for bit; only the seconds may differ."""
    _same(a, b, "report")
