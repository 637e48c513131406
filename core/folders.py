"""What may be loaded from a folder: safetensors only, and nothing that asks to run code. Read before transformers is."""

import hashlib
import json
from pathlib import Path

from core.errors import ModelError

CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code", "_attn_implementation_internal")
ATTENTION_KEYS = ("attn_implementation", "_attn_implementation")  # may name a kernel that transformers would fetch and run
LOCAL_ATTENTION = (None, "eager", "sdpa")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def check_folder(path: Path) -> list[Path]:
    """The weight files of a folder that may be loaded; ModelError says in a sentence why another may not."""
    if not path.is_dir():
        raise ModelError(f"There is no folder {path}. Give the path of a folder that holds config.json and model.safetensors.")
    for file, remedy in (
        ("config.json", "Save the model with `save_pretrained` and give that folder."),
        ("tokenizer.json", "Save a fast tokenizer beside the model: `AutoTokenizer.from_pretrained(…).save_pretrained(folder)`."),
    ):
        if not (path / file).is_file():
            raise ModelError(f"The folder {path} has no {file}. {remedy}")
    for file in ("config.json", "tokenizer_config.json"):
        if (path / file).is_file():
            _refuse_code(path / file)
    weights = sorted(path.glob("model*.safetensors"))
    if not weights:
        pickled = [file.name for pattern in PICKLES for file in path.glob(pattern)]
        held = f"only {', '.join(pickled)}, which could run code when opened" if pickled else "no weights"
        raise ModelError(f"The folder {path} holds {held}. Save the model again with safe_serialization=True, as model.safetensors.")
    return weights


def _refuse_code(file: Path) -> None:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not valid JSON: {error}. Save the model again.") from error
    if not isinstance(config, dict):
        raise ModelError(f"{file} holds a {type(config).__name__}; a JSON object is expected. Save the model again.")
    asked = [key for key in CODE_KEYS if config.get(key)]
    asked += [key for key in ATTENTION_KEYS if config.get(key) not in LOCAL_ATTENTION]
    if asked:
        raise ModelError(f"{file} asks to run its own code ({', '.join(asked)}). Only architectures that transformers knows are loaded.")


def fingerprint(files: list[Path]) -> str:
    """First 12 hex digits of the SHA-256 over all weight files, in the order of their names."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(2**20):
                digest.update(block)
    return digest.hexdigest()[:12]
