"""The one place that reads a served model's files: config, tokenizer and weights, and never code that a checkpoint brings."""

from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from core.hub import Checkpoint

# One folder holds a classifier and a language-model head, so each load finds tensors it does not want: that is no news.
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def read_config(folder: Path) -> PreTrainedConfig:
    """The config, as the architecture that transformers knows under its `model_type`."""
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    config.get_text_config().use_cache = False  # decoders would keep keys and values that nobody reads
    return config


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer; a fast one is built where the folder holds the vocabulary of a slow one."""
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def read_model(auto_class: Any, checkpoint: Checkpoint, config: PreTrainedConfig, device: str, dtype: str) -> tuple[PreTrainedModel, list[str]]:
    """The model of this class and config with the checkpoint's weights, frozen, and clauses on what the checkpoint lacks.

    Only the tensors that `config` asks for are read: with fewer layers than the checkpoint holds, the rest stays on the disk.
    """
    model, report = auto_class.from_pretrained(
        checkpoint.path,
        config=config,
        dtype=DTYPES[dtype],
        use_safetensors=not checkpoint.is_pickled,
        weights_only=True,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # told below, in a sentence
    )
    shapes = {key: (tuple(held), tuple(wanted)) for key, held, wanted in report["mismatched_keys"]}
    lacks = [f"{key} is missing from its weights" for key in sorted({*report["missing_keys"]} - shapes.keys())]
    lacks += [f"{key} has the shape {held}, and its config asks for {wanted}" for key, (held, wanted) in sorted(shapes.items())]
    model = model.to(device).eval().requires_grad_(False)
    _leave_file(model)
    return model, lacks


def _leave_file(model: nn.Module) -> None:
    """Give the model memory of its own where its tensors still lie in the file, mapped into memory.

    A file that is cut short under such tensors ends the whole program (SIGBUS, measured), and one that is written over changes
    what the model says without a word.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.device.type == "cpu" and not tensor.untyped_storage().resizable():  # torch did not allocate it
            tensor.data = tensor.data.clone()
