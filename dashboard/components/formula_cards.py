"""A card for every method, from the registries that the code itself runs from, so that formula and code can't drift apart."""

from core.cards import WALL
from core.cards.card import Card
from core.methods import METHODS
from dashboard import learn_wording
from dashboard.components.assets import register

_cards = register("formula_cards")


def show(key: str = "formula-cards") -> None:
    """Draw the cards with their box to find a method."""
    _cards(data=cards_data(), key=key)


def cards_data() -> dict:
    """What the component draws: the methods of Explore and of Compare by their kind, each once."""
    groups: dict[str, list[dict]] = {}
    for name, card in WALL.items():
        groups.setdefault(card.group, []).append(_card(card, name in METHODS))
    return {
        "label": learn_wording.FIND_METHOD,
        "found": learn_wording.FOUND_METHODS,
        "groups": [{"name": group[0].upper() + group[1:], "cards": cards} for group, cards in groups.items()],
    }


def _card(card: Card, is_on_explore: bool) -> dict:
    where = learn_wording.ON_BOTH if is_on_explore else learn_wording.ON_COMPARE
    return {
        "title": card.label + (" (experimental)" if card.is_experimental else ""),
        "explanation": card.explanation,
        "formula": card.formula,
        "lines": [
            ("sign", "signed" if card.signed else "no sign"),
            ("below 0", card.negative),
            ("unit", card.unit),
            ("cost", card.cost),
            ("source", card.source),
            ("where", where),
        ],
    }
