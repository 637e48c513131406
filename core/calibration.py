"""Which layer of a method held up best on a few texts, and by which figures (METHOD 9a). No torch.

`calibrate` measures it, `calibration_store` keeps it. A file holds figures only, never texts.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from core.comparison import REMOVALS
from core.errors import ReportError, quoted
from core.methods import METHODS
from core.report_check import check_types, require

SCHEMA = "layer-saliency/calibration/1"
TARGET, CONTRAST = "target", "contrast"
RULES = {
    TARGET: "the logit of the predicted class",
    CONTRAST: "the logit of the predicted class less that of the runner-up",
}
"""Target rule → what was explained on the texts, for people."""
ONE_ROW = ("layer_mean", "fast")
CALIBRATED = tuple(name for name in METHODS if name not in ONE_ROW)
"""The methods that have layers to choose from."""


@dataclass(frozen=True)
class Calibration:
    """One method's faithfulness φ by layer, mean over texts that need no labels: the model's own prediction is explained."""

    model: str
    """Name of the model, and the revision of its weights: it holds for no others."""
    revision: str
    head: str
    """Where the language-model head comes from that decoded; empty for methods that need none."""
    method: str
    rule: str
    """One of RULES."""
    layer: int
    """The layer state with the highest mean φ."""
    phi: tuple[float, ...]
    """(L) mean φ of the hiding and revealing games; `low` and `high` (L) are its 95 % interval over texts."""
    low: tuple[float, ...]
    high: tuple[float, ...]
    ties: tuple[int, ...]
    """Other layers whose φ can't be told from that of `layer`: the 95 % interval of the difference on the same texts holds 0."""
    random: float
    """φ of a random order on the same texts."""
    n_texts: int
    removal: str
    """One of REMOVALS."""
    source: str
    """Where the texts came from, in words."""
    seed: int = 0
    notes: tuple[str, ...] = ()
    """What to know of the texts: too few, some left out."""

    def __post_init__(self) -> None:
        n = len(self.phi)
        require(self.method in CALIBRATED, f"{quoted(self.method)} is no method with layers; known: {', '.join(CALIBRATED)}")
        require(self.rule in RULES and self.removal in REMOVALS, f"unknown rule {quoted(self.rule)} or removal {quoted(self.removal)}")
        require(len(self.low) == len(self.high) == n, f"{n} layers with {len(self.low)} and {len(self.high)} ends of intervals")
        require(all(map(isfinite, (*self.phi, *self.low, *self.high, self.random))), "figures that are no numbers")
        require(n > 0 and self.layer in range(n) and self.phi[self.layer] == max(self.phi), f"layer {self.layer} of {n} is not the best")
        require(set(self.ties) <= set(range(n)) - {self.layer}, f"ties {self.ties} are no other layers of {n}")
        require(self.n_texts > 0, f"{self.n_texts} texts")

    @property
    def key(self) -> str:
        """What it is found by among those of one model: see `key_of`."""
        return key_of(self.method, self.rule)

    @property
    def sentence(self) -> str:
        """Why this layer, with the figures."""
        at = self.layer
        other = len(self.phi) - 1 if at == 0 else 0
        against = f"{name_layer(other)} {_figure(self.phi[other])}; " if len(self.phi) > 1 else ""
        begin = (
            f"{name_layer(at).capitalize()} held up best when words were hidden and shown on {self.n_texts} texts{self._kind} "
            f"(score {_figure(self.phi[at])}, 95 % {_figure(self.low[at])} to {_figure(self.high[at])}; {against}random {_figure(self.random)})"
        )
        return " ".join([f"{begin}{self._tied}.", *self.notes])

    @property
    def _kind(self) -> str:
        return f", {self.source}" if self.source else ""

    @property
    def _tied(self) -> str:
        if self.low[self.layer] <= self.random:
            return "; it can't be told from a random order"
        if not self.ties:
            return ""
        names = [name_layer(layer) for layer in sorted(self.ties)]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"; on so few texts {listed} can't be told from it"


def key_of(method: str, rule: str = TARGET) -> str:
    """The name of a calibration among those of one model: the method's, for contrasts with “/contrast” behind."""
    return method if rule == TARGET else f"{method}/{rule}"


def name_layer(layer: int) -> str:
    """A layer state within a sentence."""
    return f"layer {layer}" if layer else "the embedding"


def find_calibration(calibrations: Mapping[str, Calibration], method: str, is_contrast: bool) -> tuple[Calibration | None, str]:
    """The calibration that serves a query, and what to add to its sentence: a contrast that has none of its own takes that
    of the class alone, and says so."""
    own = calibrations.get(key_of(method, CONTRAST)) if is_contrast else None
    if own is not None or not is_contrast:
        return own or calibrations.get(method), ""
    return calibrations.get(method), " It was measured for one class alone, not for the contrast."


def by_key(calibrations: Iterable[Calibration]) -> dict[str, Calibration]:
    """Calibrations of one model by the name each is found by."""
    return {calibration.key: calibration for calibration in calibrations}


def to_json(calibrations: Iterable[Calibration]) -> str:
    """Calibrations as JSON text; floats keep every digit."""
    return json.dumps({"schema": SCHEMA, "calibrations": [dataclasses.asdict(one) for one in calibrations]}, indent=1) + "\n"


def from_json(text: str) -> tuple[Calibration, ...]:
    """What `to_json` wrote. Raises ReportError, in a sentence, for anything else."""
    try:
        state = json.loads(text)
        require(state["schema"] == SCHEMA, f"the schema is {quoted(str(state['schema']))}, not {quoted(SCHEMA)}")
        return tuple(_rebuild(one) for one in state["calibrations"])
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:  # a number of 400 digits
        raise ReportError(f"This is no calibration that can be read: {quoted(str(error) or repr(error), 200)}. Calibrate again.") from error


def _rebuild(state: dict[str, Any]) -> Calibration:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in state.items()}
    calibration = Calibration(**fields)
    check_types(calibration)
    return calibration


def _figure(value: float) -> str:
    """Two decimals and a true minus, as the other sentences have them."""
    return f"{value:.2f}".replace("-", "−")
