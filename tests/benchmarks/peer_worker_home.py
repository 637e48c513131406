"""The contestants of `peers.py` that live in the project's own environment: ours, Captum and SHAP."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from tests.benchmarks.peer_worker import BATCH, SAMPLES, STEPS, Explain, Found, Side, load_plain, piece_spans, token_spans


# --- ours ------------------------------------------------------------------------------------------------------------
def ours(_: str) -> Side:
    """Each question is asked as the Compare page asks it: the text is read and traced anew, nothing is remembered."""
    from core.catalog import CATALOG
    from core.models import load_classifier

    classifier = load_classifier(CATALOG["sentiment"], device="cpu")
    methods: dict[str, Explain] = {"report": partial(_our_report, classifier)}
    methods |= {name: partial(_our_scores, classifier, run) for name, run in _our_runs().items()}
    return Side(classifier.model, classifier.tokenizer, methods)


def _our_runs() -> dict[str, Callable[[Any], Any]]:
    from core.baselines import RUNS
    from core.baselines.integrated import run_integrated
    from core.baselines.perturbations import kernel_shap, lime, partition_shap

    own = ("undecoded", "decoded", "faithful", "path17", "input_gradient_norm", "input_x_gradient", "leave_one_out")
    return {name: RUNS[name] for name in own} | {
        "integrated_mask": partial(run_integrated, name="integrated_mask", steps=STEPS),
        "lime": partial(lime, samples=SAMPLES, seeds=1),
        "kernel_shap": partial(kernel_shap, samples=SAMPLES),
        "partition_shap": partial(partition_shap, samples=SAMPLES),
    }


def _our_scores(classifier: Any, run: Callable[[Any], Any], text: str, target: int) -> Found:
    from core.case import open_case
    from core.records import Query

    case = open_case(classifier, Query("sentiment", text, target=classifier.labels[target]))
    return Found(case.reading.tokens.word_spans.tolist(), run(case).scores)


def _our_report(classifier: Any, text: str, target: int) -> Found:
    from core.pipeline import analyse
    from core.records import Query

    analyse(classifier, Query("sentiment", text, target=classifier.labels[target]))
    return Found([], None)


# --- Captum ----------------------------------------------------------------------------------------------------------
def captum(folder: str) -> Side:
    """Its own defaults but for the samples, the steps and the batch; a word piece is hidden by [MASK]."""
    model, tokenizer = load_plain(folder)
    names = {
        "layers_list": partial(_captum_layers, as_list=True),
        "layers_one_by_one": partial(_captum_layers, as_list=False),
        "conductance": _captum_conductance,
        "integrated": _captum_integrated,
        "lime": partial(_captum_perturbed, name="Lime"),
        "kernel_shap": partial(_captum_perturbed, name="KernelShap"),
    }
    return Side(model, tokenizer, {name: partial(run, model, tokenizer) for name, run in names.items()})


def _layers(model: Any) -> list[Any]:
    encoder = model.base_model
    return [encoder.embeddings, *encoder.encoder.layer]


def _ids(tokenizer: Any, text: str) -> tuple[torch.Tensor, torch.Tensor]:
    """(1, T) ids of the text, and the same with every piece hidden."""
    read = tokenizer(text, return_tensors="pt", return_special_tokens_mask=True, truncation=True)
    ids = read["input_ids"]
    return ids, torch.where(read["special_tokens_mask"].bool(), ids, tokenizer.mask_token_id)


def _per_token(attribution: Any) -> torch.Tensor:
    """(T) from (1, T, D), as Captum gives it alone or in a tuple."""
    return (attribution[0] if isinstance(attribution, tuple) else attribution).sum(-1)[0].detach()


def _captum_layers(model: Any, tokenizer: Any, text: str, target: int, as_list: bool) -> Found:
    from captum.attr import LayerGradientXActivation

    ids, layers = _ids(tokenizer, text)[0], _layers(model)

    def forward(rows: torch.Tensor) -> torch.Tensor:
        return model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits

    if as_list:
        found = LayerGradientXActivation(forward, layers).attribute(ids, target=target)
    else:
        found = [LayerGradientXActivation(forward, layer).attribute(ids, target=target) for layer in layers]
    return Found(token_spans(tokenizer, text, ids.shape[1]), torch.stack([_per_token(part) for part in found]))


def _captum_conductance(model: Any, tokenizer: Any, text: str, target: int) -> Found:
    from captum.attr import LayerConductance

    ids, hidden = _ids(tokenizer, text)
    words, blank = (model.get_input_embeddings()(part).detach() for part in (ids, hidden))

    def forward(rows: torch.Tensor) -> torch.Tensor:
        return model(inputs_embeds=rows, attention_mask=torch.ones(rows.shape[:2])).logits

    found = [LayerConductance(forward, layer).attribute(words, blank, target=target, n_steps=STEPS) for layer in _layers(model)]
    return Found(token_spans(tokenizer, text, ids.shape[1]), torch.stack([_per_token(part) for part in found]))


def _captum_integrated(model: Any, tokenizer: Any, text: str, target: int) -> Found:
    from captum.attr import LayerIntegratedGradients

    ids, hidden = _ids(tokenizer, text)

    def forward(rows: torch.Tensor) -> torch.Tensor:
        return model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits

    found = LayerIntegratedGradients(forward, model.get_input_embeddings()).attribute(ids, hidden, target=target, n_steps=STEPS)
    return Found(token_spans(tokenizer, text, ids.shape[1]), _per_token(found))


def _captum_perturbed(model: Any, tokenizer: Any, text: str, target: int, name: str) -> Found:
    import captum.attr

    ids, hidden = _ids(tokenizer, text)

    @torch.no_grad()
    def ask(rows: torch.Tensor) -> torch.Tensor:
        return model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits.softmax(-1)[:, target]

    explainer = getattr(captum.attr, name)(ask)
    found = explainer.attribute(ids, baselines=hidden, n_samples=SAMPLES, perturbations_per_eval=BATCH)
    return Found(token_spans(tokenizer, text, ids.shape[1]), found[0])


# --- SHAP ------------------------------------------------------------------------------------------------------------
def shap(folder: str) -> Side:
    """PartitionExplainer over its Text masker, as its own notebooks do it."""
    import shap as package

    model, tokenizer = load_plain(folder)

    @torch.no_grad()
    def ask(texts: Any) -> Any:
        read = tokenizer([str(text) for text in texts], return_tensors="pt", padding=True, truncation=True)
        return model(**read).logits.softmax(-1).numpy()

    explainer = package.explainers.PartitionExplainer(ask, package.maskers.Text(tokenizer))

    def partition(text: str, target: int) -> Found:
        found = explainer([text], max_evals=SAMPLES, silent=True)
        return Found(piece_spans(text, list(found.data[0])), found.values[0][:, target])

    return Side(model, tokenizer, {"partition": partition})
