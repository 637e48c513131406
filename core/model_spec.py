"""What is known of a model before it is loaded. Plain data."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ModelSpec:
    """Where a classifier lies and what it was trained for. Exactly one of `path` and `repo` is given."""

    name: str
    """What `--model` takes, and reports and permalinks hold: specs that load different things have different names."""
    label: str
    """Name for people."""
    trained_for: str
    """One line."""
    path: Path | None = None
    """Local folder in the transformers format."""
    repo: str | None = None
    """Id on the hub, `organisation/name`."""
    revision: str = "main"
    """Branch, tag or commit of `repo`."""
    head: str | None = None
    """Where the language-model head is taken from: hub id (`organisation/name[@revision]`) or folder; None: it is looked for."""
    trust_pickle: bool = False
    """Whether weights may be read from an old PyTorch `.bin`, if there are no safetensors."""
    pair: bool | None = None
    """Whether it reads two texts; None: not known yet."""
    gallery: tuple[str, ...] = ()
    """Example texts; of a model that reads pairs, the two texts joined by a blank line."""
    root: Path | None = None
    """Folder that no file of `path` may lie outside of, links resolved; None: anywhere."""
    license: str = ""
    """As its authors name it; empty: not known."""
    megabytes: int | None = None
    """What its weights take on the disk; None: not known."""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.repo is None):
            raise ValueError(f"the model {self.name!r} needs either a path or a repo, got path={self.path!r}, repo={self.repo!r}")
