"""Bad input, thrown at everything that reads any: `python -m tests.fuzz TARGET --minutes 5` (see README.md).

A target is a module with `target(data)`, which raises for a broken promise and for nothing else, and `STARTS`, inputs to begin
with; `is_json` where inputs are JSON, so that they are changed value by value too. What broke something once is kept in
`seeds/TARGET`, and `test_seeds` tries it again.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

TARGETS = ("tables", "workbook", "parquet", "words", "tokens", "reports", "saved", "results", "marks", "configs", "links", "messages")
SEEDS = Path(__file__).with_name("seeds")


def load_target(name: str) -> ModuleType:
    """The module of a target."""
    return import_module(f"tests.fuzz.{name}")


def seeds_of(name: str) -> dict[str, bytes]:
    """File name → input that broke something once."""
    return {path.name: path.read_bytes() for path in sorted((SEEDS / name).glob("*"))}
