"""Layers of encoders by transformers' own modules: hooks on copies, and DecompX in loops over positions and tokens."""

import copy

import torch
from torch.nn import functional as F

from core.case import Case

# family → (layers, value projection, attention's last dense, its norm) as they stand in transformers
PARTS = {
    "distilbert": ("distilbert.transformer.layer", "attention.v_lin", "attention.out_lin", "sa_layer_norm"),
} | {
    name: (f"{base}.encoder.layer", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm")
    for name, base in (("bert", "bert"), ("roberta", "roberta"), ("electra", "electra"), ("ernie", "ernie"), ("camembert", "roberta"))
}  # fmt: skip
PARTS["xlm-roberta"] = PARTS["roberta"]


def modules_of(name: str, model: torch.nn.Module) -> list[tuple[torch.nn.Module, ...]]:
    """(layer, value, dense, norm) of each layer."""
    path, *parts = PARTS[name]
    return [(layer, *(layer.get_submodule(part) for part in parts)) for layer in model.get_submodule(path)]


def run_hooked(model: torch.nn.Module, case: Case, modules: list) -> tuple[object, dict]:
    """The model's output on the text, and (input, output) of each of the modules."""
    seen = {}
    handles = [module.register_forward_hook(lambda m, args, output: seen.__setitem__(m, (args[0], output))) for module in modules]
    window = case.windows[0]
    with torch.no_grad():
        output = model(input_ids=window.input_ids, **window.side_inputs, output_hidden_states=True, output_attentions=True)
    for handle in handles:
        handle.remove()
    return output, seen


def eager_copy(classifier) -> torch.nn.Module:
    model = copy.deepcopy(classifier.model)
    model.set_attn_implementation("eager")
    return model


def loop_shared(bias: torch.Tensor, parts: list[torch.Tensor]) -> list[torch.Tensor]:
    weights = [abs(float(part @ bias)) for part in parts]
    return [part + weight / sum(weights) * bias for part, weight in zip(parts, weights)]


def loop_bent(parts, first, activation, second, before) -> list[torch.Tensor]:
    """The parts after dense, activation, dense; `before`: what the first dense gave for the whole text."""
    inner = loop_shared(first.bias.double(), [first.weight.double() @ part for part in parts])
    slope = activation(before) / before
    return loop_shared(second.bias.double(), [second.weight.double() @ (slope * part) for part in inner])


def loop_position(i, parts, attention, value, dense, rest, seen) -> list[torch.Tensor]:
    """The parts (J) of position i after one layer, of the parts (T, J) before it."""
    norm1, first, second, norm2 = rest
    size, mixed = 32 // len(attention), []
    for j in range(len(parts)):
        part = parts[i][j].clone()
        for head, rows in enumerate(attention):
            cut = slice(head * size, (head + 1) * size)
            taken = sum(rows[i, k] * parts[k][j] for k in range(len(parts)))
            part += dense.weight.double()[:, cut] @ (value.weight.double()[cut] @ taken)
        mixed.append(part)
    bias = dense.weight.double() @ value.bias.double() + dense.bias.double()
    a = loop_normed(norm1, loop_shared(bias, mixed), seen[norm1][0][0, i].double())
    added = loop_bent(a, first, F.gelu, second, seen[first][1][0, i].double())
    return loop_normed(norm2, [x + y for x, y in zip(a, added)], seen[norm2][0][0, i].double())


def loop_normed(norm, parts, whole) -> list[torch.Tensor]:
    deviation = (whole.var(unbiased=False) + norm.eps).sqrt()
    return loop_shared(norm.bias.double(), [norm.weight.double() * (part - part.mean()) / deviation for part in parts])
