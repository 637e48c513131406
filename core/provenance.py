"""How a report came about: how much of the text was read, and by what. Plain values, no arrays."""

from dataclasses import dataclass, field
from importlib.metadata import version

from core import __version__


@dataclass(frozen=True)
class Coverage:
    """How much of the texts was read, in windows of at most `limit` tokens, special ones included."""

    characters: int
    """Of the text, or of both texts of a pair."""
    windows: int
    limit: int
    unread: tuple[tuple[int, int], ...] = ()
    """(start, end) of what was not read, as offsets into `Query.joined`."""

    @property
    def characters_read(self) -> int:
        """How many of the characters were read."""
        return self.characters - sum(end - start for start, end in self.unread)

    @property
    def share(self) -> float:
        """Share of the characters that were read, 0 to 1."""
        return self.characters_read / self.characters if self.characters else 1.0


@dataclass(frozen=True)
class Provenance:
    """Where a report comes from: enough to make it again."""

    model: str
    revision: str
    """Fingerprint of the weights (`folders.fingerprint`)."""
    lm_head: str
    """Where the language-model head comes from, or why there is none."""
    device: str
    dtype: str
    rows: int
    """Rows of forward and backward passes in all."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage → seconds."""
    versions: dict[str, str] = field(default_factory=dict)
    """Package → version."""


def versions_of(*packages: str) -> dict[str, str]:
    """What computed: this project first, then those of the installed packages on which the figures depend. Name → version."""
    return {"layer-saliency": __version__} | {name: version(name) for name in packages}
