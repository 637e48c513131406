"""The method table of a run: how faithful each method is on a sample of its rows. `methods.json`, as SCHEMA.md describes it. No torch."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from core.cards import WALL
from core.corpus.store import RunError, write_whole
from core.errors import quoted

METHODS = "methods.json"
PARTIAL = METHODS + ".partial"
"""What is done of a comparison: the question, then a record a line."""
SCHEMA = "layer-saliency/corpus-methods/1"
FLOOR = "random"  # what any method must beat


@dataclass(frozen=True, eq=False)
class MethodTable:
    """What was measured. Numbers as `core.tally` has them: {"mean", "low", "high", "n"}."""

    rows: list[int]
    """Numbers of the rows in the sample."""
    seed: int
    removal: str
    """How the games hide words."""
    texts: int
    """Rows that could be measured; `unusable` tells why others could not: number → sentence."""
    unusable: dict[str, str]
    left_out: list[str]
    """Methods that were not run unasked: the sample holds long texts."""
    pass_seconds: float | None
    """Of one forward and backward pass, the median."""
    methods: dict[str, dict[str, Any]]
    """Method → its row of `core.tally`: `texts`, `refused`, `refusal`, and of one with texts `forwards`, `backwards`, `passes`, `games` …"""
    made: dict[str, str]
    """Model, revision, head, device and dtype."""

    @property
    def ranked(self) -> list[tuple[str, dict[str, Any]]]:
        """The methods that could be measured, the highest φ first."""
        found = [(name, row) for name, row in self.methods.items() if row["texts"]]
        return sorted(found, key=lambda pair: (-self.phi(pair[1])["mean"], pair[0]))

    def phi(self, row: dict[str, Any]) -> dict[str, Any]:
        """The interval of a method's φ."""
        return row["games"][self.removal]["faithfulness"]

    def lines(self) -> list[dict[str, Any]]:
        """The ranked methods as plain figures, for a table: name, label, φ with its ends, texts, rows of passes, and passes' worth of time."""
        found = []
        for name, row in self.ranked:
            phi = self.phi(row)
            found.append({
                "method": name, "label": WALL[name].label if name in WALL else name, "phi": phi["mean"], "low": phi["low"], "high": phi["high"],
                "texts": phi["n"], "forwards": row["forwards"]["mean"], "backwards": row["backwards"]["mean"], "passes": row["passes"]["median"],
            })  # fmt: skip
        return found

    @property
    def refusals(self) -> list[tuple[str, int, str]]:
        """(method, rows, why) of methods that could not serve some."""
        return [(name, row["refused"], row["refusal"]) for name, row in self.methods.items() if row["refused"]]

    def to_json(self) -> str:
        """As methods.json has it."""
        return json.dumps({"schema": SCHEMA} | asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_methods(folder: Path, table: MethodTable) -> None:
    """RunError where the disk is full."""
    write_whole(folder / METHODS, table.to_json().encode("utf-8", "replace"))


def read_methods(folder: Path) -> MethodTable | None:
    """The table of the run in a folder; None where none was made. RunError for a file that is none."""
    path = folder / METHODS
    if not path.is_file():
        return None
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if (schema := state.pop("schema")) != SCHEMA:
            raise ValueError(f"it is of the format {schema}, and {SCHEMA} is expected")
        table = MethodTable(**{field.name: state[field.name] for field in fields(MethodTable)})
        if not all(
            isinstance(part, list) for part in (table.lines(), table.refusals)
        ):  # made here, where what is missing is told
            raise ValueError("its methods are none")
        return table
    except (OSError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        reason = quoted(str(error) or type(error).__name__, 200)
        raise RunError(f"{METHODS} can't be read: {reason}. Delete it and compare the methods again.") from error


def n_measured(folder: Path) -> int:
    """Rows that a comparison which was stopped has measured."""
    try:
        return max(0, len((folder / PARTIAL).read_bytes().splitlines()) - 1)
    except OSError:
        return 0
