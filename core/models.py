"""Load a classifier, its tokenizer and its language-model head from a folder. The only place that reads weights.

Nothing here runs code that a folder brings: only safetensors are read, and a config that asks for code is refused
before transformers sees it.
"""

import hashlib
import json
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
from core.lm_head import ClassifierHead, LanguageModelHead, find_final_norm

CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code", "_attn_implementation_internal")
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
    """First 12 hex digits of the SHA-256 of the weights."""
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
        tokenizer = AutoTokenizer.from_pretrained(spec.path, trust_remote_code=False)
        model = _load(AutoModelForSequenceClassification, spec.path, device)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"The folder {spec.path} can't be loaded as a text classifier: {_first_line(error)}") from error
    if not tokenizer.is_fast:
        raise ModelError(f"The tokenizer of {spec.path} gives no character offsets; a folder with tokenizer.json is needed.")
    probe = torch.tensor([tokenizer("a word")["input_ids"] or [0]], device=device)
    lm_head, missing = _load_lm_head(spec.path, device, probe)
    return Classifier(
        spec=spec,
        model=model,
        head=ClassifierHead(model, find_final_norm(model.base_model, probe)),
        lm_head=lm_head,
        tokenizer=tokenizer,
        labels=tuple(model.config.id2label[i] for i in range(model.config.num_labels)),
        max_length=_max_length(tokenizer, model.config),
        device=device,
        dtype="fp32",
        revision=hashlib.sha256(weights.read_bytes()).hexdigest()[:12],
        lm_source="" if lm_head is None else "the same folder",
        missing_head=missing,
    )


def check_folder(path: Path) -> Path:
    """The weights file of a folder that may be loaded; ModelError says why another may not."""
    if not path.is_dir():
        raise ModelError(f"There is no folder {path}. Give the path of a folder that holds config.json and model.safetensors.")
    if not (path / "config.json").is_file():
        raise ModelError(f"The folder {path} has no config.json. Save the model with `save_pretrained` and give that folder.")
    for file in ("config.json", "tokenizer_config.json"):
        _refuse_code(path / file)
    weights = [*path.glob("model*.safetensors")]
    if not weights:
        pickled = [file.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for file in path.glob(pattern)]
        held = f"only {', '.join(pickled)}, which could run code when opened" if pickled else "no weights"
        raise ModelError(f"The folder {path} holds {held}. Save the model again with safe_serialization=True, as model.safetensors.")
    return weights[0]


def _refuse_code(file: Path) -> None:
    if not file.is_file():
        return
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{file} is not valid JSON: {error}. Save the model again.") from error
    asked = [key for key in CODE_KEYS if isinstance(config, dict) and config.get(key)]
    if asked:
        raise ModelError(f"{file} asks to run its own code ({', '.join(asked)}). Only architectures that transformers knows are loaded.")


def _load(auto_class, path: Path, device: str) -> nn.Module:
    """A frozen fp32 model from the safetensors of a local folder."""
    model = auto_class.from_pretrained(
        path, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True
    )
    model.config.use_cache = False  # decoders would keep keys and values that nobody reads
    return model.to(device).eval().requires_grad_(False)


def _load_lm_head(path: Path, device: str, probe: Tensor) -> tuple[LanguageModelHead | None, str]:
    """The language-model head whose tensors lie beside the classifier's, or None and why there is none."""
    config = AutoConfig.from_pretrained(path)
    auto_class = AutoModelForMaskedLM if type(config) in MODEL_FOR_MASKED_LM_MAPPING else AutoModelForCausalLM
    try:
        model, report = auto_class.from_pretrained(
            path, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        return None, f"no language-model head fits this architecture ({_first_line(error)})"
    missing = {*report["missing_keys"], *report.get("mismatched_keys", ())}
    if missing:
        return None, "the folder holds no language-model head, so layers can't be decoded into words"
    model = model.to(device).eval().requires_grad_(False)
    head = LanguageModelHead(model, find_final_norm(model.base_model, probe))
    with torch.no_grad():
        last = model.base_model(input_ids=probe).last_hidden_state
        same = torch.allclose(head.logits(last[0]), model(input_ids=probe).logits[0], atol=1e-3)
    return (head, "") if same else (None, "this architecture's language-model head can't be read apart from its encoder")


def _max_length(tokenizer, config) -> int:
    """Tokens a window may hold: what tokenizer and position embeddings allow, at most 512."""
    positions = getattr(config, "max_position_embeddings", None) or LONGEST
    # RoBERTa's kin count positions from padding_idx + 1, so two of theirs are never used.
    offset = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl") else 0
    return int(min(tokenizer.model_max_length, positions - offset, LONGEST))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
