"""Every method of the Compare page as data: name, formula, sign, unit, cost and source. What runs them is `core.baselines`."""

from core.cards.attention import ATTENTION
from core.cards.card import Card
from core.cards.gradients import GRADIENTS
from core.cards.layers import LAYERS
from core.cards.perturbations import PERTURBATIONS

WALL: dict[str, Card] = {card.name: card for card in (*LAYERS, *GRADIENTS, *ATTENTION, *PERTURBATIONS)}
CHEAP = tuple(name for name, card in WALL.items() if not card.is_dear)
"""Run at once; the others on demand."""
LONG = 100
"""Words from which on a text is long: what costs a pass a word, or a pass a layer, is then not run unasked."""
SLOW_ON_LONG = ("leave_one_out", "alti")


def run_at_once(n_words: int) -> tuple[str, ...]:
    """The methods that need not be asked for on a text of so many words."""
    return tuple(name for name in CHEAP if n_words < LONG or name not in SLOW_ON_LONG)
