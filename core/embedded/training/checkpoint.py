"""Checkpoints of an interrupted training run: plain dicts of tensors, numbers and lists."""

import hashlib
from pathlib import Path
from typing import Any

import torch


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write beside, then rename: a killed run leaves the last whole checkpoint."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def fingerprint(model: torch.nn.Module) -> str:
    """12 hex digits that stand for the model's weights: a checkpoint of another start must not be gone on from."""
    digest = hashlib.sha256()
    for weight in model.state_dict().values():
        digest.update(weight.contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def refuse_other_run(path: Path, saved: dict[str, Any], run: dict[str, Any]) -> None:
    """Raise ValueError unless the checkpoint's entries are those of this run, wherever it has them."""
    for name, wanted in run.items():
        if saved.get(name, wanted) != wanted:
            raise ValueError(
                f"{path} is of a run with {name} {saved[name]}, this one has {wanted}. "
                "Give the same, or remove the file to start over."
            )


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """What `save_checkpoint` wrote, or None where no run has been yet."""
    return read_checkpoint(path) if path.exists() else None


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `save_checkpoint` wrote. FileNotFoundError where no run has been yet."""
    return torch.load(path, weights_only=True)
