"""The models on offer, as plain data. Nothing is loaded here."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelError

EMBEDDED = Path(__file__).parent / "embedded"


@dataclass(frozen=True)
class ModelSpec:
    """Where a classifier lies and what it was trained for."""

    name: str
    """Short name: what `--model` takes and a permalink holds."""
    label: str
    """Name for people."""
    path: Path
    """Folder in the transformers format."""
    trained_for: str
    """One line."""


CATALOG = {
    spec.name: spec
    for spec in (
        ModelSpec(
            "sentiment",
            "Film reviews (sentiment)",
            EMBEDDED / "sentiment",
            "English film-review sentences, negative or positive (SST-2); comes with the project.",
        ),
    )
}


def find_model(name: str) -> ModelSpec:
    """The model of the catalog called `name`, or the folder at that path. Raises ModelError for anything else."""
    if name in CATALOG:
        return CATALOG[name]
    try:
        path = Path(name).expanduser()
    except RuntimeError:  # ~somebody whom this machine doesn't know
        path = Path(name)
    if path.is_dir():
        return ModelSpec(name, path.name, path, f"A model of your own, from {path}.")
    known = ", ".join(CATALOG)
    found = "a file, not a folder" if path.is_file() else "neither a model of the catalog nor a folder"
    raise ModelError(f"“{name}” is {found}. Give one of: {known}; or the path of a folder that holds config.json and model.safetensors.")
