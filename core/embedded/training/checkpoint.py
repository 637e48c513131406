"""Checkpoints of an interrupted training run: plain dicts of tensors, numbers and lists."""

from pathlib import Path

import torch


def save_checkpoint(path: Path, state: dict) -> None:
    """Write beside, then rename: a killed run leaves the last whole checkpoint."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_checkpoint(path: Path) -> dict | None:
    """What `save_checkpoint` wrote, or None where no run has been yet."""
    return torch.load(path, weights_only=True) if path.exists() else None
