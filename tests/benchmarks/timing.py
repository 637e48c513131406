"""Ratios in one run: rounds go through all contestants in turn, so that a slow moment of the machine hits them alike."""

import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version

import torch


def interleaved_seconds(contestants: dict[str, Callable[[], object]], rounds: int = 9, warm_up: int = 2) -> dict[str, list[float]]:
    """Seconds of each contestant in each of `rounds` interleaved rounds, after `warm_up` unmeasured ones."""
    taken = {name: [] for name in contestants}
    for number in range(warm_up + rounds):
        for name, call in contestants.items():
            start = time.perf_counter()
            call()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if number >= warm_up:
                taken[name].append(time.perf_counter() - start)
    return taken


def median_seconds(contestants: dict[str, Callable[[], object]], rounds: int = 9, warm_up: int = 2) -> dict[str, float]:
    """Median seconds of each contestant over `rounds` interleaved rounds, after `warm_up` unmeasured ones."""
    return {name: statistics.median(seconds) for name, seconds in interleaved_seconds(contestants, rounds, warm_up).items()}


def ratio_and_spread(seconds: list[float], reference: list[float]) -> str:
    """“median (quartile–quartile)” of the ratios within each round."""
    ratios = [own / other for own, other in zip(seconds, reference)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def print_ratios(title: str, seconds: dict[str, float], reference: str) -> None:
    """A markdown table: milliseconds and ratio to the reference."""
    print(f"\n### {title}\n\n| what | median ms | ratio to “{reference}” |\n|---|---:|---:|")
    for name, value in seconds.items():
        print(f"| {name} | {value * 1000:.1f} | {value / seconds[reference]:.2f} |")


def print_machine() -> None:
    """What a reader needs to judge the figures."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else _processor()
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "captum", "streamlit"))
    print(f"{device}, {torch.get_num_threads()} threads; Python {platform.python_version()}; {packages}")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"
