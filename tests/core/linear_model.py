"""A real classifier whose answer is exactly linear in its word embeddings: what every word contributes is known beforehand.

MobileBERT without bottlenecks is the one family of transformers that has no norm (`NoNorm`) and no activation in its
pooler. Queries and keys of zero make attention the plain mean over all tokens, zero feed-forward weights leave the states
as they are, and all layers but the last add nothing, so that

    y = b + ⟨w, e_[CLS]⟩ + (1/T) Σ_i ⟨w, e_i⟩

over all T tokens, special ones too. It has one output, a value: then the methods that explain what the model says and those
that explain its logit explain the same. [MASK] and [PAD] have embeddings of zero: hiding a word takes away all it adds.
"""

from pathlib import Path

import numpy as np
import torch
from transformers import MobileBertConfig, MobileBertForSequenceClassification

from core.case import Case
from tests.families import WIDTH, build_tokenizer
from tests.families.tokenizers import BERT_TOKENS, LIMIT, wordpiece

LAYERS = 3


def build_linear_folder(folder: Path, seed: int = 0, feed_forward: float = 0.0) -> Path:
    """The model and its tokenizer in `folder`, as `load_classifier` reads them; it has no language-model head. `feed_forward`:
    deviation of random feed-forward weights round a ReLU, with which the answer is no longer linear."""
    tokenizer = build_tokenizer(wordpiece, BERT_TOKENS)
    config = MobileBertConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, embedding_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=4, intermediate_size=8,
        max_position_embeddings=LIMIT, trigram_input=False, use_bottleneck=False, num_feedforward_networks=1, classifier_activation=False,
        pad_token_id=tokenizer.pad_token_id, num_labels=1, problem_type="regression",
    )  # fmt: skip
    model = MobileBertForSequenceClassification(config)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(float("LayerNorm.weight" in name))
        base, last = model.mobilebert, model.mobilebert.encoder.layer[-1]
        words = base.embeddings.word_embeddings.weight
        words.copy_(torch.randn(words.shape, generator=draw))
        words[[tokenizer.mask_token_id, tokenizer.pad_token_id]] = 0
        last.attention.self.value.weight.copy_(torch.eye(WIDTH))
        last.attention.output.dense.weight.copy_(torch.eye(WIDTH))
        for layer in base.encoder.layer:
            for weight in (layer.intermediate.dense.weight, layer.output.dense.weight):
                weight.copy_(torch.randn(weight.shape, generator=draw) * feed_forward)
        model.classifier.weight.copy_(torch.randn(model.classifier.weight.shape, generator=draw))
        model.classifier.bias.fill_(0.5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def contributions(case: Case) -> np.ndarray:
    """(W) what each word of a text in one window adds to y, straight from the weights: Σ over its pieces of ⟨w, e_i⟩ / T."""
    model = case.classifier.model
    values = (model.mobilebert.embeddings.word_embeddings.weight @ model.classifier.weight[0]).double().numpy()  # one a piece
    ids, word_of = case.reading.batch.input_ids[0].numpy(), case.reading.tokens.word_of
    return np.array([values[ids[word_of == word]].sum() / len(ids) for word in range(case.n_words)])
