"""Every label and sentence of the figures of the Compare page: titles, how to read them, and what stands on their pickers."""

import re

from core.cards import LONG
from core.prediction import Prediction
from dashboard import wording

HIDING_TITLE = "Hiding and revealing the top words"
LAYERS_TITLE = "Which layer tells the truth, and can it be read?"
AGREEMENT_TITLE = "How far do they agree?"
DISAGREEMENT_TITLE = "Two methods, word by word"

NO_COHERENCE = " This model came without a language-model head, so how far its layers can be read is not known."
AGREEMENT_OF, METHODS, LAYERS = "Between", "methods", "layers"
MEASURE, RANKS, TOP_WORDS = "Measured by", "rank correlation", "top words in common"
RANKS_NOTE = "Spearman’s ρ of two orders of the words: 1 the same, 0 unrelated, below 0 one against the other."
TOP_NOTE = "Share of the top {share:.0f} % of the words, at least one, that two lists have in common."
MAGNITUDES = " A signed method is set against an unsigned one by its magnitudes."
NO_ORDER = " Empty: all words score the same, so there is no order to compare."
ONE_METHOD, OTHER_METHOD = "One method", "The other"
TOO_FEW = "There is only one row so far; with a second one, the two can be set side by side."

SVG, PNG, CSV = "SVG", "PNG", "Numbers (CSV)"

SLIDER_TITLE = "Hide the top words"
SLIDER_LABEL = "Words hidden"

SIDE_TITLE = "Two explanations side by side"
VARY = "Set beside it"
ANOTHER_CLASS, ANOTHER_MODEL, ANOTHER_TEXT = "another class", "another model", "another text"
CLASS_LABEL, MODEL_LABEL, TEXT_LABEL = "Class", "Model", "Text"
CLASS_HINT, MODEL_HINT = "Choose a class", "Choose a model"
SIDE_HINT = "Choose what is to differ: the class that is explained, the model, or the text. Everything else stays as it is."
DIFFERENCE = "difference"
SIDE_NOTE = (
    "Each row is divided by its own largest magnitude; the third is the first less the second: there, orange says that the word speaks "
    "more for what is explained in A, blue in B."
)
UNMATCHED_NOTE = " Words without a partner in the other text are left blank there, and have no difference."
CUT_NOTE = " Only the first {} words of each are set side by side."


def hiding_note(prediction: Prediction, floor_is_there: bool) -> str:
    """How to read the two games."""
    label = wording.clip(prediction.labels[prediction.target], 40)
    said = "probability" if prediction.is_probability else "value"
    floor = " The dashed line hides words in random order: the floor." if floor_is_there else ""
    return (
        f"Each line is one method’s order of the words. Hidden: the faster the {said} of “{label}” falls, the more the model needed those "
        f"words. Shown alone: the sooner it is back, the better they carry it; at 0 % stands what the model says of no word at all.{floor} "
        "Point at a line to read it."
    )


def layers_note(has_coherence: bool, has_thin_lines: bool = False, n_words: int = 0) -> str:
    """How to read faithfulness over coherence."""
    note = (
        "Above: how well each layer’s order of the words holds up when they are hidden and shown; higher is better, the dashed line is random "
        "order. “emb” is the embedding, before the first layer; the star marks the layer recommended for the method in bold."
    )
    note += " Thin lines are the other methods that have layers; point at one to read it." if has_thin_lines else ""
    note += f" On a text of {LONG} words and more the layers of few methods are put to the test." if n_words >= LONG else ""
    if not has_coherence:
        return note + NO_COHERENCE
    return note + " Below: the share of words that the language-model head still finds there; hollow points lie under one half."


def disagreement_note(n_words: int, n_shown: int) -> str:
    """How to read the dumbbells."""
    cut = "" if n_shown == n_words else f" Of {n_words} words, the {n_shown} that they disagree on most."
    return (
        f"The words in the order of the text; the longer the line, the more the two disagree on the word.{cut} At the right, the word’s "
        "places in the two orders: 1 has the highest score, and equal scores share a place."
    )


# --- the slider ---


def told(prediction: Prediction, value: float) -> str:
    """An output for people."""
    return wording.percent(float(value)) if prediction.is_probability else f"{value:.4g}".replace("-", "−")


def change(prediction: Prediction, before: float, after: float) -> str:
    """How far an output moved: in points of 100, or on a regression's own scale."""
    moved = float(after) - float(before)
    figure = f"{100 * moved:+.0f} points" if prediction.is_probability else f"{moved:+.3g}"
    return re.sub(r"^[+-](?=0\b(?!\.))", "±", figure).replace("-", "−")


def hidden_words(k: int, n_words: int) -> str:
    """What the slider stands at."""
    return f"{k} of {n_words} word{'s' if n_words != 1 else ''} hidden" if k else f"no word hidden of {n_words}"


def flipped(label: str) -> str:
    """The answer is another one now."""
    return f"The answer is now “{wording.clip(label, 40)}”."


def slider_note(most: int, n_words: int, has_bars: bool) -> str:
    """Under the slider."""
    note = (
        "If an explanation is faithful, hiding the words that it ranks first makes the answer fall fast, and much faster than hiding as many "
        "words in random order."
    )
    note += " The upper bar is the whole text, the lower one the text as it stands." if has_bars else ""
    return note if most >= n_words else f"{note} The first {most} of {n_words} words can be hidden here."


def agreement_note(layers_of: str, by_ranks: bool, top_share: float, is_mixed: bool, has_gaps: bool) -> str:
    """How to read the matrix; `layers_of` is the name of the method whose layers are compared, if any."""
    note = f"The layers of “{layers_of}”; “emb” is the embedding, before the first. " if layers_of else ""
    note += RANKS_NOTE if by_ranks else TOP_NOTE.format(share=100 * top_share)
    return note + (MAGNITUDES if is_mixed else "") + (NO_ORDER if has_gaps else "")
