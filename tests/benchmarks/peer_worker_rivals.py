"""The contestants of `peers.py` whose requirements are not ours: ferret, transformers-interpret and interpreto."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.peer_worker import BATCH, SAMPLES, STEPS, Explain, Found, Side, load_plain, token_spans, word_spans


def ferret(folder: str) -> Side:
    """Its explainers with their own defaults, samples and batch given."""
    from ferret import GradientExplainer, IntegratedGradientExplainer, LIMEExplainer, SHAPExplainer

    model, tokenizer = load_plain(folder)

    def run(explainer: Any, **call: Any) -> Explain:
        def explain(text: str, target: int) -> Found:
            found = explainer(text, target=target, call_args=dict(call))  # it takes entries out of it
            return Found(token_spans(tokenizer, text, len(found.scores)), found.scores)

        return explain

    methods = {
        "gradient": run(GradientExplainer(model, tokenizer, multiply_by_inputs=False)),
        "gradient_x_input": run(GradientExplainer(model, tokenizer)),
        "integrated": run(IntegratedGradientExplainer(model, tokenizer), n_steps=STEPS),
        "lime": run(LIMEExplainer(model, tokenizer), num_samples=SAMPLES, batch_size=BATCH),
        "partition_shap": run(SHAPExplainer(model, tokenizer), max_evals=SAMPLES),
    }
    return Side(model, tokenizer, methods)


def transformers_interpret(folder: str) -> Side:
    """Its one method, integrated gradients from [PAD] pieces."""
    from transformers_interpret import SequenceClassificationExplainer

    model, tokenizer = load_plain(folder)
    explainer = SequenceClassificationExplainer(model, tokenizer)

    def integrated(text: str, target: int) -> Found:
        scores = [score for _, score in explainer(text, index=target, n_steps=STEPS)]
        return Found(token_spans(tokenizer, text, len(scores)), scores)

    return Side(model, tokenizer, {"integrated": integrated})


def interpreto(folder: str) -> Side:
    """Its methods at the level of words, its default; probabilities where it hides words, as ours."""
    import interpreto as package
    from interpreto.attributions import InferenceModes

    model, tokenizer = load_plain(folder)
    softmax = {"inference_mode": InferenceModes.SOFTMAX}
    makers: dict[str, Callable[..., Any]] = {
        "saliency": partial(package.Saliency, input_x_gradient=False),
        "gradient_x_input": package.Saliency,
        "integrated": partial(package.IntegratedGradients, n_perturbations=STEPS),
        "occlusion": partial(package.Occlusion, **softmax),
        "lime": partial(package.Lime, n_perturbations=SAMPLES, **softmax),
        "kernel_shap": partial(package.KernelShap, n_perturbations=SAMPLES, **softmax),
    }

    def run(maker: Callable[..., Any]) -> Explain:
        explainer = maker(model, tokenizer, batch_size=BATCH, granularity=package.Granularity.WORD)

        def explain(text: str, target: int) -> Found:
            scores = explainer(text, target)[0].attributions.flatten().tolist()
            return Found(word_spans(tokenizer, text), scores)

        return explain

    return Side(model, tokenizer, {name: run(maker) for name, maker in makers.items()})
