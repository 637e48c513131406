"""Load a classifier, its tokenizer and its language-model head from a folder. The only place that reads weights.

Nothing here runs code that a folder brings: only safetensors are read, and a config that asks for code is refused
before transformers sees it.
"""

import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
import transformers
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from core.catalog import ModelSpec
from core.errors import ModelError
from core.folders import check_folder, fingerprint
from core.lm_head import ClassifierHead, LanguageModelHead, find_final_norm

# One folder holds a classifier and a language-model head, so each load finds tensors it does not want: that is no news.
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

LONGEST = 512  # tokens of one window; a model that could read more is given more windows


@dataclass(frozen=True, eq=False)
class Classifier:
    """A frozen classifier, ready to be traced by several threads at once: nothing in it is ever written to."""

    spec: ModelSpec
    model: nn.Module
    head: ClassifierHead
    lm_head: LanguageModelHead | None
    tokenizer: object
    labels: tuple[str, ...]
    """(C) class names in the order of the logits."""
    max_length: int
    """Tokens in one window, special ones included."""
    device: str
    dtype: str
    revision: str
    """Fingerprint of the weights (`folders.fingerprint`)."""
    lm_source: str
    """Where the language-model head comes from; empty: there is none, and `missing_head` says why."""
    missing_head: str = ""

    @cached_property
    def mask(self) -> tuple[str, Tensor]:
        """Name and (E,) word embedding of what a hidden word is replaced by: [MASK], else the unknown token, else the mean."""
        words = self.model.get_input_embeddings().weight
        for name, index in (
            (self.tokenizer.mask_token, self.tokenizer.mask_token_id),
            (self.tokenizer.unk_token, self.tokenizer.unk_token_id),
        ):
            if index is not None:
                return str(name), words[index]
        return "mean word embedding", words.mean(0)


def load_classifier(spec: ModelSpec, device: str = "auto") -> Classifier:
    """The classifier at `spec.path`, in fp32, on `device` ("auto": CUDA if there is one, else the CPU).

    Raises ModelError, in a sentence, for a folder that holds no classifier, no safetensors, or asks for its own code.
    """
    device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    weights = check_folder(spec.path)
    try:
        tokenizer = AutoTokenizer.from_pretrained(spec.path, trust_remote_code=False, local_files_only=True)
        model, missing = _load(AutoModelForSequenceClassification, spec.path, device)
    except Exception as error:  # a broken folder makes transformers raise anything, ZeroDivisionError among it
        raise ModelError(f"The folder {spec.path} can't be loaded as a text classifier: {_first_line(error)}. Save the model again, or give another.") from error
    if missing:
        raise ModelError(
            f"The folder {spec.path} holds no finished text classifier: {', '.join(missing[:3])} is missing from its weights. "
            "Give the folder of a model that was trained to classify."
        )
    if not tokenizer.is_fast:
        raise ModelError(f"The tokenizer of {spec.path} gives no character offsets; a fast one (tokenizer.json) is needed.")
    probe = torch.tensor([tokenizer("a word")["input_ids"] or [0]], device=device)
    _check_traceable(model, probe)
    lm_head, missing_head = _load_lm_head(spec.path, device, probe)
    return Classifier(
        spec=spec,
        model=model,
        head=ClassifierHead(model, find_final_norm(model.base_model, probe)),
        lm_head=lm_head,
        tokenizer=tokenizer,
        labels=_read_labels(model.config),
        max_length=_window_length(tokenizer, model.config),
        device=device,
        dtype="fp32",
        revision=fingerprint(weights),
        lm_source="" if lm_head is None else "the same folder",
        missing_head=missing_head,
    )


def _load(auto_class, path: Path, device: str) -> tuple[nn.Module, list[str]]:
    """A frozen fp32 model from the safetensors of a local folder, and the names of the tensors that the folder lacks."""
    model, report = auto_class.from_pretrained(
        path, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True, output_loading_info=True
    )
    model.config.use_cache = False  # decoders would keep keys and values that nobody reads
    missing = sorted({*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])})
    return model.to(device).eval().requires_grad_(False), missing


def _check_traceable(model: nn.Module, probe: Tensor) -> None:
    """Refuse, by name, a family that does not take its word embeddings as an input: its graph can't be rooted there."""
    family = model.config.model_type
    refusal = f"Models of the family “{family}” can't be traced: their encoder does not take word embeddings as its input. Use another classifier."
    try:
        with torch.no_grad():
            plain = model.base_model(input_ids=probe).last_hidden_state
            rooted = model.base_model(inputs_embeds=model.get_input_embeddings()(probe)).last_hidden_state
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ModelError(refusal) from error
    if not torch.allclose(plain, rooted, atol=1e-4, rtol=1e-3):
        raise ModelError(refusal)


def _load_lm_head(path: Path, device: str, probe: Tensor) -> tuple[LanguageModelHead | None, str]:
    """The language-model head whose tensors lie beside the classifier's, or None and why there is none."""
    config = AutoConfig.from_pretrained(path, local_files_only=True)
    auto_class = AutoModelForMaskedLM if type(config) in MODEL_FOR_MASKED_LM_MAPPING else AutoModelForCausalLM
    try:
        model, missing = _load(auto_class, path, device)
    except Exception as error:  # as above; a classifier without a head is worth having
        return None, f"no language-model head fits this architecture ({_first_line(error)})"
    if missing:
        return None, "the folder holds no language-model head, so layers can't be decoded into words"
    head = LanguageModelHead(model, find_final_norm(model.base_model, probe))
    with torch.no_grad():
        last = model.base_model(input_ids=probe).last_hidden_state
        same = torch.allclose(head.logits(last[0]), model(input_ids=probe).logits[0], atol=1e-3)
    return (head, "") if same else (None, "this architecture's language-model head can't be read apart from its encoder")


def _read_labels(config) -> tuple[str, ...]:
    """(C) class names; ModelError for a head whose outputs are no shares of one whole."""
    if config.num_labels < 2 or config.problem_type in ("regression", "multi_label_classification"):
        kind = config.problem_type or "regression"
        raise ModelError(f"The model has {config.num_labels} output(s) for {kind.replace('_', ' ')}; a classifier of two or more exclusive classes is expected.")
    labels = [config.id2label.get(i) for i in range(config.num_labels)]
    if not all(isinstance(label, str) and label for label in labels) or len(set(labels)) < len(labels):
        raise ModelError(f"The model's id2label is {config.id2label}; it must name each of its {config.num_labels} classes, 0 to {config.num_labels - 1}, once.")
    return tuple(labels)


def _window_length(tokenizer, config) -> int:
    """Tokens a window may hold: what tokenizer and position embeddings allow, at most 512."""
    positions = getattr(config, "max_position_embeddings", None) or LONGEST
    positions = LONGEST if positions < 0 else positions  # XLNet writes −1 for "no limit"
    # RoBERTa's kin count positions from padding_idx + 1, so two of theirs are never used.
    offset = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl") else 0
    length = int(min(tokenizer.model_max_length, positions - offset, LONGEST))
    if length <= tokenizer.num_special_tokens_to_add():
        raise ModelError(f"The model reads {length} tokens at once, which leaves no room for a text. Check model_max_length in tokenizer_config.json.")
    return length


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], 200, placeholder=" …").rstrip(".")
