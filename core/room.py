"""Whether a model's weights fit into what a device has free, said before they are loaded."""

import torch

from core.errors import ModelError


def refuse_too_large(name: str, device: str, size: int, free: int) -> None:
    """ModelError if a model's weights are more than a device has free. Not on the CPU, it counts as the device running out of
    memory, so that whoever would then use the processor does."""
    if size > free:
        cause = None if device == "cpu" else torch.OutOfMemoryError(f"{size:,} bytes wanted, {free:,} free")
        where = "This machine's memory" if device == "cpu" else f"The device “{device}”"
        raise ModelError(
            f"“{name}” takes {size / 1e9:,.1f} GB and can't be loaded. {where} has {free / 1e9:,.1f} GB free. "
            "Close other programs, or choose a smaller model."
        ) from cause
