"""The contestant of `peers.py` that has to be told what a model is: LIT, by a wrapper as its documentation asks for."""

from functools import partial
from typing import Any

import torch
from lit_nlp.api import model as lit_model
from lit_nlp.api import types
from lit_nlp.components import gradient_maps, lime_explainer

from tests.benchmarks.peer_worker import BATCH, SAMPLES, STEPS, Found, Side, load_plain, piece_spans, token_spans


class WrappedClassifier(lit_model.BatchedModel):
    """A text classifier of transformers with what LIT's components ask for. `compute_grads` as in LIT's own examples."""

    def __init__(self, model: Any, tokenizer: Any, compute_grads: bool):
        self.model, self.tokenizer, self.compute_grads = model, tokenizer, compute_grads
        self.labels = [model.config.id2label[index] for index in range(model.config.num_labels)]

    def max_minibatch_size(self) -> int:
        return BATCH

    def input_spec(self) -> dict[str, Any]:
        label = types.CategoryLabel(vocab=self.labels, required=False)
        return {"text": types.TextSegment(), "embs": types.TokenEmbeddings(align="tokens", required=False), "grad_class": label}

    def output_spec(self) -> dict[str, Any]:
        return {
            "tokens": types.Tokens(parent="text"),
            "probas": types.MulticlassPreds(vocab=self.labels),
            "embs": types.TokenEmbeddings(align="tokens"),
            "grads": types.TokenGradients(align="tokens", grad_for="embs", grad_target_field_key="grad_class"),
            "grad_class": types.CategoryLabel(vocab=self.labels),
        }

    def predict_minibatch(self, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        read = self.tokenizer([one["text"] for one in inputs], return_tensors="pt", padding=True, truncation=True)
        mask = read["attention_mask"]
        with torch.set_grad_enabled(self.compute_grads):
            if inputs[0].get("embs") is not None:
                words = torch.stack([torch.as_tensor(one["embs"]) for one in inputs]).float()
            else:
                words = self.model.get_input_embeddings()(read["input_ids"]).detach()
            words.requires_grad_(self.compute_grads)
            logits = self.model(inputs_embeds=words, attention_mask=mask).logits  # (B, C)
        asked = [one.get("grad_class") or self.labels[int(row.argmax())] for one, row in zip(inputs, logits)]
        chosen = torch.tensor([self.labels.index(label) for label in asked])
        grads = torch.zeros_like(words)
        if self.compute_grads:
            (grads,) = torch.autograd.grad(logits.gather(1, chosen[:, None]).sum(), words)
        return [
            {
                "tokens": self.tokenizer.convert_ids_to_tokens(read["input_ids"][row, :length].tolist()),
                "probas": logits[row].detach().softmax(-1).numpy(),
                "embs": words[row, :length].detach().numpy(),
                "grads": grads[row, :length].numpy(),
                "grad_class": asked[row],
            }
            for row, length in enumerate(mask.sum(1).tolist())
        ]


def lit(folder: str) -> Side:
    """Its four salience maps, steps and samples given."""
    model, tokenizer = load_plain(folder)
    wrapped, plain = (WrappedClassifier(model, tokenizer, compute_grads) for compute_grads in (True, False))

    def gradients(component: Any, text: str, target: int) -> Found:
        label = wrapped.labels[target]
        config = {gradient_maps.CLASS_KEY: label, gradient_maps.INTERPOLATION_KEY: STEPS}
        found = component.run([{"text": text, "grad_class": label}], wrapped, None, config=config)[0]["grads"]
        return Found(token_spans(tokenizer, text, len(found.salience)), found.salience)

    def lime(text: str, target: int) -> Found:
        config = {
            lime_explainer.TARGET_HEAD_KEY: "probas",
            lime_explainer.CLASS_KEY: str(target),
            lime_explainer.NUM_SAMPLES_KEY: str(SAMPLES),
        }
        found = lime_explainer.LIME().run([{"text": text}], plain, None, config=config)[0]["text"]
        return Found(piece_spans(text, list(found.tokens)), found.salience)

    maps = {
        "gradient_norm": gradient_maps.GradientNorm(),
        "gradient_dot_input": gradient_maps.GradientDotInput(),
        "integrated": gradient_maps.IntegratedGradients(),
    }
    return Side(model, tokenizer, {name: partial(gradients, component) for name, component in maps.items()} | {"lime": lime})
