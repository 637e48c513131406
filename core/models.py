"""Load a classifier, its tokenizer and its language-model head, ready to be traced. What is read, and how, is in `weights.py`."""

import math
import textwrap
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from core.calibration import Calibration
from core.calibration_store import stored_calibrations
from core.capability import Capabilities, HeadFitness
from core.devices import choose_device, choose_dtype, is_out_of_memory
from core.errors import ModelError
from core.head_reader import HeadReader
from core.head_source import find_head
from core.hub import Checkpoint, open_checkpoint
from core.labels import expects_pair, problem_type_of, read_labels
from core.lm_head import ClassifierHead, LanguageModelHead, find_final_norm, norm_at, trunk_of
from core.model_spec import ModelSpec
from core.panics import panics_as
from core.progress import Progress, silent
from core.rooting import Rooting, Trial, find_rooting, refusal
from core.weights import read_config, read_model, read_tokenizer

LONGEST = 512  # tokens of one window; a model that could read more is given more windows
LONG_READERS = {"longformer": 4096}  # but for families made to read long texts at once
NO_TOKEN = -1  # an id that no token has
PROBE = "A quiet film about the sea, and a boy."


@dataclass(frozen=True, eq=False)
class Classifier:
    """A frozen classifier, ready to be traced by several threads at once: nothing in it is ever written to."""

    spec: ModelSpec
    model: PreTrainedModel
    rooting: Rooting
    """How its graph is rooted and where its states are found."""
    layers: int
    """Layers whose states are read, the embedding not counted: L − 1."""
    head: ClassifierHead
    lm_head: LanguageModelHead | None
    tokenizer: PreTrainedTokenizerBase
    labels: tuple[str, ...]
    """(C) names of the outputs in the order of the logits."""
    max_length: int
    """Tokens in one window, special ones included."""
    device: str
    dtype: str
    revision: str
    """Commit of a hub repository, or fingerprint of a folder's weights."""
    lm_source: str
    """Where the language-model head comes from; empty: there is none, and `missing_head` says why."""
    missing_head: str = ""
    """Why there is no language-model head, and how to add one, in sentences."""
    fitness: HeadFitness | None = None
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    """`Calibration.key` → which layer of a method held up best on texts of the model's kind (METHOD 9a)."""
    calibration_note: str = ""
    """Why a calibration on file was not used, in sentences."""

    @property
    def mask_token(self) -> str | None:
        """The token that masks a word, as it is written into a text; None where the tokenizer or the model has none."""
        index = self.tokenizer.mask_token_id
        is_known = index is not None and index < len(self.model.get_submodule(self.rooting.embeddings[0]).get_parameter("weight"))
        return str(self.tokenizer.mask_token) if is_known else None

    @cached_property
    def mask(self) -> tuple[str, Tensor]:
        """Name and (E,) word embedding of what a hidden word is replaced by: [MASK], else the unknown token, else the mean."""
        look_up = self.model.get_submodule(self.rooting.embeddings[0])  # some scale what they look up
        n_words = len(look_up.get_parameter("weight"))
        with torch.no_grad():
            for name, index in (
                (self.tokenizer.mask_token, self.tokenizer.mask_token_id),
                (self.tokenizer.unk_token, self.tokenizer.unk_token_id),
            ):
                if index is not None and index < n_words:  # a tokenizer may have been given tokens that the model wasn't
                    return str(name), look_up(torch.tensor([index], device=self.device))[0]
            ids = torch.arange(n_words, device=self.device)
            return "mean word embedding", torch.stack([look_up(part).sum(0) for part in ids.split(4096)]).sum(0) / len(ids)


def load_classifier(spec: ModelSpec, device: str = "auto", dtype: str = "auto", progress: Progress = silent) -> Classifier:
    """The classifier that `spec` names, on `device` and in `dtype` ("fp32", "bf16", "fp16"); "auto": as `devices.py` chooses.

    Raises ModelError, in a sentence, for what is no classifier, can't be traced, or asks for its own code; DeviceError; or
    whatever `progress` raises, and then nothing is left behind but what was downloaded.
    """
    device = choose_device(device)
    dtype = choose_dtype(device) if dtype == "auto" else dtype
    checkpoint = open_checkpoint(spec, progress)
    progress("Reading the tokenizer", 0.0)
    config, tokenizer = _read_parts(spec, checkpoint)
    labels = read_labels(config)
    problem_type_of(config)  # refuses what it doesn't know
    progress("Reading the weights", 0.1)
    model = _read_classifier(spec, checkpoint, config, device, dtype)
    progress("Trying the model", 0.5)
    max_length = window_length(tokenizer, model)
    probe = _probe(tokenizer, model, device, max_length)
    trial = find_rooting(model, probe)
    if not trial.logits.isfinite().all():
        raise ModelError(f"“{spec.name}” answers a short text with values that are no numbers: its weights are damaged. Save or download it again.")
    norm = find_final_norm(trunk_of(model), probe["input_ids"])
    head = ClassifierHead(model, norm_at(model, norm))
    _check_head(head, trial, probe)
    found = find_head(spec, checkpoint, HeadReader(model, tokenizer, norm, probe, dtype), progress)
    calibrations, note = stored_calibrations(spec, checkpoint.revision, found.source, len(trial.states))
    progress("Ready", 1.0)
    return Classifier(
        spec, model, trial.rooting, len(trial.states) - 1, head, found.head, tokenizer, labels, max_length, device, dtype, checkpoint.revision,
        found.source, found.missing, found.fitness, calibrations, note,
    )  # fmt: skip


def describe(classifier: Classifier) -> Capabilities:
    """The card of a loaded classifier."""
    model, spec = classifier.model, classifier.spec
    text = model.config.get_text_config()
    tensors = [t for part in (model, classifier.lm_head) if part is not None for t in (*part.parameters(), *part.buffers())]
    return Capabilities(
        name=spec.name,
        label=spec.label,
        trained_for=spec.trained_for,
        family=model.config.model_type,
        architecture=type(model).__name__,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=classifier.layers,
        width=text.hidden_size,
        vocabulary=text.vocab_size,
        labels=classifier.labels,
        problem_type=problem_type_of(model.config),
        expects_pair=expects_pair(model.config, spec),
        max_length=classifier.max_length,
        device=classifier.device,
        dtype=classifier.dtype,
        memory_bytes=sum({(t.data_ptr(), t.nbytes): t.nbytes for t in tensors}.values()),
        revision=classifier.revision,
        head_source=classifier.lm_source,
        missing_head=classifier.missing_head,
        takes_head=not model.config.is_encoder_decoder,
        fitness=classifier.fitness,
        mask_token=classifier.mask_token,
    )


def _read_parts(spec: ModelSpec, checkpoint: Checkpoint) -> tuple[PreTrainedConfig, PreTrainedTokenizerBase]:
    """Config and fast tokenizer of a checkpoint."""
    try:
        config, tokenizer = read_config(checkpoint.path), read_tokenizer(checkpoint.path)
    except Exception as error:  # a broken folder makes transformers raise anything, ZeroDivisionError among it
        raise _unreadable(spec, error) from error
    if not tokenizer.is_fast:
        raise ModelError(f"The tokenizer of “{spec.name}” gives no character offsets; a fast one (tokenizer.json) is needed.")
    if config.model_type == "big_bird":
        config.attention_type = "original_full"  # it would switch the shared model to it, for good, at the first short text
    return config, tokenizer


def _read_classifier(spec: ModelSpec, checkpoint: Checkpoint, config: PreTrainedConfig, device: str, dtype: str) -> PreTrainedModel:
    """The frozen classifier; ModelError if a tensor of it is missing or of another shape, for that would be drawn at random."""
    try:
        model, lacks = read_model(AutoModelForSequenceClassification, checkpoint, config, device, dtype)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise _unreadable(spec, error) from error
    if lacks:
        raise ModelError(f"“{spec.name}” holds no finished text classifier: {'; '.join(lacks[:3])}. Give a model that was trained to classify.")
    if model.config.get_text_config().pad_token_id is None:
        # Decoders then refuse more than one row, although no row is ever padded: let no token count as padding.
        model.config.get_text_config().pad_token_id = NO_TOKEN
    return model


def _unreadable(spec: ModelSpec, error: Exception) -> ModelError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    reason = textwrap.shorten(lines[0], 200, placeholder=" …").rstrip(".")
    if isinstance(error, KeyError):  # whose text is the key alone
        reason = f"its files do not say, or say something unknown of, {reason}"
    return ModelError(f"“{spec.name}” can't be loaded as a text classifier: {reason}. Save the model again, or give another.")


def _probe(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, device: str, max_length: int) -> dict[str, Tensor]:
    """A short text as input_ids and attention_mask (1, T), on which everything is tried once."""
    with panics_as(ModelError, "The tokenizer breaks down on a short text. Save it again, or give another model."):
        read = tokenizer(PROBE, truncation=True, max_length=max_length)["input_ids"]
    ids = torch.tensor([read or [0, 0]], device=device)
    try:
        known = len(model.get_input_embeddings().get_parameter("weight"))
    except (AttributeError, NotImplementedError):  # no table of words: `find_rooting` refuses it by name
        known = len(tokenizer)
    if int(ids.max()) >= known:
        raise ModelError(f"The tokenizer numbers its pieces up to {len(tokenizer) - 1:,}, but the model knows {known:,}. Save the two that belong together.")
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _check_head(head: ClassifierHead, trial: Trial, probe: dict[str, Tensor]) -> None:
    """ModelError if the classifier's own head, read apart, does not say what the classifier says."""
    reason = refusal(head.head.config.model_type, "its classification head can't be read apart from its layers")
    try:
        with torch.no_grad():
            apart = head.logits(trial.states[-1], probe["input_ids"], probe["attention_mask"])
    except (AttributeError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise ModelError(reason) from error
    tolerance = 1e-3 if trial.logits.dtype == torch.float32 else 0.1
    if not torch.allclose(apart, trial.logits.float(), atol=tolerance, rtol=tolerance):
        raise ModelError(reason)


def window_length(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """Tokens a window may hold: what tokenizer and position embeddings allow, at most 512 but for families made for long texts."""
    config = model.config.get_text_config()
    most = LONG_READERS.get(config.model_type, LONGEST)
    if config.model_type == "big_bird":
        most = (5 + 2 * config.num_random_blocks) * config.block_size  # up to here its sparse attention is full attention
    positions = getattr(config, "max_position_embeddings", None) or most
    positions = most if positions < 0 else positions  # XLNet writes −1 for "no limit"
    # RoBERTa's kin count positions from padding_idx + 1, so two of theirs are never used.
    tables = [module for path, module in model.named_modules() if path.endswith("position_embeddings")]
    offset = next((table.padding_idx + 1 for table in tables if getattr(table, "padding_idx", None) is not None), 0)
    limit = tokenizer.model_max_length  # as the folder's own JSON has it
    if not isinstance(limit, (int, float)) or math.isnan(limit) or limit == -math.inf:
        raise ModelError(f"model_max_length in tokenizer_config.json is “{str(limit)[:40]}”; a number of tokens is expected. Correct it, or leave it out.")
    length = int(min(limit, positions - offset, most))
    if length <= tokenizer.num_special_tokens_to_add():
        raise ModelError(f"The model reads {length} tokens at once, which leaves no room for a text. Check model_max_length in tokenizer_config.json.")
    return length
