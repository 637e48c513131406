"""The texts to try a model with, each under a short name. Plain data; nothing is loaded here."""

from core.catalog import CATALOG
from core.embedded.gallery import GALLERIES
from core.model_spec import ModelSpec
from core.records import PAIR_BREAK

WORDS_OF_NAME = 4  # of a text that nobody named
_NAMES = {text: name for gallery in GALLERIES.values() for name, text in gallery.items()}


def gallery(spec: ModelSpec) -> dict[str, str]:
    """Name → text of a model's examples, in their order; the two texts of a pair are joined by PAIR_BREAK."""
    return {_NAMES.get(text) or _first_words(text): text for text in spec.gallery}


def is_example(text: str) -> bool:
    """Whether this is an example of any model of the catalog, letter for letter."""
    return any(text in spec.gallery for spec in CATALOG.values())


def split_pair(example: str) -> tuple[str, str]:
    """The two texts of an example for a model that reads pairs; the second is empty where there is one text."""
    first, _, second = example.partition(PAIR_BREAK)
    return first, second


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:WORDS_OF_NAME]).rstrip(".,;:") + (" …" if len(words) > WORDS_OF_NAME else "")
