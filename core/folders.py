"""What may be loaded from a folder: weights, safetensors first, no config that asks to run code. Asked before transformers is."""

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path

from core.config_check import check_config, check_size, read_object
from core.errors import ModelError, quoted
from core.progress import Progress, silent

CONFIGS = ("config.json", "tokenizer_config.json")
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "tokenizer.model",
)
TOKENIZER_FILES = (
    *VOCABULARIES,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
    "bpe.codes",
    "spm_char.model",
)
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
TICK = "Tick that you trust this checkpoint"


def check_folder(path: Path, trust_pickle: bool = False, root: Path | None = None, needs_tokenizer: bool = True) -> list[Path]:
    """The weight files of a folder that may be loaded; ModelError says in a sentence why another may not.

    With `trust_pickle`, old PyTorch `.bin` files serve where there are no safetensors. With a `root`, no file may be a link
    that leaves it.
    """
    shown = path if root is None else path.relative_to(root)  # whoever is held to a root is not told where it lies
    if not path.is_dir():
        raise ModelError(f"There is no folder {shown}. Give the path of a folder that holds config.json and model.safetensors.")
    files = {file.name: file for file in path.iterdir() if file.is_file()}
    if "config.json" not in files:
        raise ModelError(f"The folder {shown} has no config.json. Save the model with `save_pretrained` and give that folder.")
    if needs_tokenizer and not files.keys() & set(VOCABULARIES):
        raise ModelError(
            f"The folder {shown} has no tokenizer.json, nor a vocabulary to make one of ({', '.join(VOCABULARIES[1:4])} …). "
            "Save the tokenizer beside the model: `AutoTokenizer.from_pretrained(…).save_pretrained(folder)`."
        )
    if root is not None:
        leaving = sorted(name for name, file in files.items() if not file.resolve().is_relative_to(root))
        if leaving:
            raise ModelError(
                f"In the folder {shown}, {leaving[0]} is a link that leads outside the folder of models. Put the file there."
            )
    if "adapter_config.json" in files:
        raise ModelError(
            f"The folder {shown} holds an adapter (adapter_config.json), whose weights would be loaded unchecked. "
            "Merge it into the model, or move its files elsewhere."
        )
    for name in CONFIGS:
        if name in files:
            check_config(files[name], f"{shown}/{name}")
    names = choose_weights(files, lambda name: files[name], f"The folder {shown}", trust_pickle)
    weights = [files[name] for name in names]
    check_size(files["config.json"], f"{shown}/config.json", sum(file.stat().st_size for file in weights))
    return weights


def choose_weights(names: Collection[str], read: Callable[[str], Path], holder: str, trust_pickle: bool) -> tuple[str, ...]:
    """Which of a checkpoint's files hold its weights, in transformers' own order of preference: one, or the shards of an index.

    `read(name)` gives the path of an index file; `holder` begins the sentence that refuses.
    """
    kinds = [("model.safetensors", "safetensors")] + ([("pytorch_model.bin", "bin")] if trust_pickle else [])
    for single, suffix in kinds:
        if single in names:
            return (single,)
        if f"{single}.index.json" in names:
            return _read_index(read(f"{single}.index.json"), names, holder, f".{suffix}")
    pickled = sorted(name for name in names if name.endswith(PICKLES) and name.startswith(("pytorch_model", "model")))
    if pickled and not trust_pickle:
        old = any(name in ("pytorch_model.bin", "pytorch_model.bin.index.json") for name in names)
        raise ModelError(
            f"{holder} holds no safetensors, only {', '.join(map(quoted, pickled[:3]))}, an old format that could run code when opened. "
            + (f"{TICK} to have it read without running any, or save" if old else "Save")
            + " the model again as model.safetensors."
        )
    raise ModelError(f"{holder} holds no weights that can be read. Save the model with `save_pretrained`, as model.safetensors.")


def _read_index(file: Path, names: Collection[str], holder: str, suffix: str) -> tuple[str, ...]:
    """The shards that an index names: files of the same folder, all of them there."""
    shards = read_object(file, file.name).get("weight_map")
    if not isinstance(shards, dict) or not shards or not all(isinstance(name, str) for name in shards.values()):
        raise ModelError(f"{holder} has a {file.name} without a weight_map. Save the model again.")
    found = sorted(set(shards.values()))
    strange = [name for name in found if "/" in name or "\\" in name or name.startswith(".") or not name.endswith(suffix)]
    if strange:
        only = f"only {suffix} files of the same folder are read"
        raise ModelError(f"{holder} has a {file.name} that names {quoted(strange[0])}; {only}. Save the model again.")
    missing = [name for name in found if name not in names]
    if missing:
        raise ModelError(
            f"{holder} lacks {', '.join(map(quoted, missing[:3]))}, which its {file.name} names. Copy all shards into the folder."
        )
    return tuple(found)


def fingerprint(files: list[Path], progress: Progress = silent) -> str:
    """First 12 hex digits of the SHA-256 over all weight files, in the order of their names."""
    digest, done, total = hashlib.sha256(), 0, sum(file.stat().st_size for file in files) or 1
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(2**22):
                digest.update(block)
                done += len(block)
                progress("Reading the weights' fingerprint", done / total)
    return digest.hexdigest()[:12]
