"""A classifier whose weights are random from the top down (Adebayo et al. 2018, "Sanity Checks for Saliency Maps",
arXiv 1810.03292): first its head, then layer after layer, at last the word embeddings.

Shallow copies of the modules, as in `rooting`, share every parameter that is not random yet; the random ones are taken from
a twin that transformers makes and initialises from the same config. The served model is never written to.
"""

import copy
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from core.devices import is_out_of_memory
from core.errors import MethodError
from core.lm_head import ClassifierHead, trunk_of
from core.models import Classifier

_DRAWING = threading.Lock()  # transformers draws from torch's one generator

Module = TypeVar("Module", bound=nn.Module)
Parameters = dict[str, nn.Parameter]
"""Path of a parameter in the model, once for each place where a shared one stands → the parameter."""


def randomise(classifier: Classifier, seed: int = 0) -> Iterator[tuple[str, Classifier]]:
    """(what is random, the classifier) at each step from the head down: the head; the head and layer L, L − 1, … 1; everything.

    The head is all that comes after the layers: pooler, last normalisation, and of an encoder–decoder the decoder. A tensor
    that stands in several places, such as a tied table, becomes random with the lowest of them. The language-model head
    stays the true one: it explains, it does not classify. Raises MethodError for families whose layers can't be told apart.
    """
    steps = _steps(classifier)
    twin = _draw(classifier, seed)
    names = ["head", *(f"head to layer {layer}" for layer in range(classifier.layers, 0, -1)), "everything"]
    for last, name in enumerate(names):
        chosen = {path: twin[path] for path, step in steps.items() if step <= last}
        yield name, _with_model(classifier, _compose(classifier.model, chosen))


def randomise_all(classifier: Classifier, seed: int) -> Classifier:
    """The classifier with every parameter random. Raises MethodError as `randomise`."""
    return _with_model(classifier, _compose(classifier.model, _draw(classifier, seed)))


def _parameters(model: nn.Module) -> Parameters:
    return dict(model.named_parameters(remove_duplicate=False))


def _steps(classifier: Classifier) -> dict[str, int]:
    """Path of each parameter → the step at which it becomes random: 0 the head, 1 the last layer, … L the first, L + 1 the rest."""
    model, layers = classifier.model, classifier.layers
    trunk = trunk_of(model)
    found = next((m for m in trunk.modules() if isinstance(m, nn.ModuleList) and len(m) == layers), None)
    if found is None:
        raise MethodError(
            f"Sanity can't be checked for the family “{model.config.model_type}”: its {layers} layers do not stand in one list, "
            "so they can't be made random one by one. The other figures of a method still hold."
        )
    outside = tuple(f"{path}." for path, module in trunk.named_modules() if path.startswith("pooler") or module is classifier.head.final_norm)
    here, at = f"{_path_of(trunk, model)}.", f"{_path_of(found, trunk)}."

    def step_of(path: str) -> int:
        inner = path.removeprefix(here)
        if not path.startswith(here) or inner.startswith(outside):
            return 0
        return layers - int(inner.removeprefix(at).split(".")[0]) if inner.startswith(at) else layers + 1

    steps = {path: step_of(path) for path in _parameters(model)}
    lowest: dict[int, int] = {}
    for path, parameter in _parameters(model).items():
        lowest[id(parameter)] = max(steps[path], lowest.get(id(parameter), 0))
    return {path: lowest[id(parameter)] for path, parameter in _parameters(model).items()}


def _path_of(module: nn.Module, root: nn.Module) -> str:
    return next(path for path, other in root.named_modules() if other is module)


def _draw(classifier: Classifier, seed: int) -> Parameters:
    """Parameters of a model of the same config as transformers initialises it, on the classifier's device and in its precision.

    Drawn on the processor in fp32, so that a seed gives the same weights everywhere.
    """
    model = classifier.model
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # that of the processor alone
        try:
            twin = AutoModelForSequenceClassification.from_config(copy.deepcopy(model.config), dtype=torch.float32)
        except Exception as error:  # a config from anywhere may break a family's own code in any way
            if is_out_of_memory(error):
                raise
            raise MethodError(f"A random model of the family “{model.config.model_type}” can't be made ({type(error).__name__}).") from error
    drawn, own = _parameters(twin), _parameters(model)
    if drawn.keys() != own.keys() or any(drawn[path].shape != own[path].shape for path in own):
        raise MethodError(f"A random model of the family “{model.config.model_type}” has other weights than the one served.")
    moved: dict[int, nn.Parameter] = {}
    for path, parameter in drawn.items():  # one that stands in several places stays one
        if id(parameter) not in moved:
            like = own[path]
            moved[id(parameter)] = nn.Parameter(parameter.detach().to(like.device, like.dtype), requires_grad=False)
    return {path: moved[id(parameter)] for path, parameter in drawn.items()}


def _compose(model: PreTrainedModel, chosen: Parameters) -> PreTrainedModel:
    """A copy of `model` with these parameters in their places; everything else is shared."""
    whole = _open_copy(model)
    copies: dict[str, nn.Module] = {"": whole}  # path → copy
    fresh: dict[int, nn.Module] = {}  # id of a module or of its copy → its copy
    for path, parameter in chosen.items():
        *parents, name = path.split(".")
        here, module = "", copies[""]
        for step in parents:
            here = f"{here}.{step}" if here else step
            if here not in copies:
                child = module.get_submodule(step)  # the model's own, or a copy of what stands in several places
                if id(child) not in fresh:
                    twin = _open_copy(child)
                    fresh[id(child)] = fresh[id(twin)] = twin
                copies[here] = module._modules[step] = fresh[id(child)]
            module = copies[here]
        module._parameters[name] = parameter
    return whole


def _open_copy(module: Module) -> Module:
    twin = copy.copy(module)
    twin._modules, twin._parameters = dict(module._modules), dict(module._parameters)
    return twin


def _with_model(classifier: Classifier, model: PreTrainedModel) -> Classifier:
    """The classifier around another model of the same architecture, its own head read from that."""
    norm = classifier.head.final_norm
    path = next((path for path, module in trunk_of(classifier.model).named_modules() if module is norm), None)
    head = ClassifierHead(model, None if path is None else trunk_of(model).get_submodule(path))
    return replace(classifier, model=model, head=head, calibrations={}, fitness=None)
