"""What the what-if bar and its card say. Nothing here is computed but words around figures."""

import re

from core.edits import DELETE, MASK, REPLACE
from core.labels import MULTI_LABEL, SINGLE_LABEL
from core.prediction import Prediction
from dashboard import figure_wording, wording

# --- the bar ---

EDIT = "What if?"
MASK_IT, DELETE_IT, REPLACE_IT, KEEP_IT = "Mask", "Leave out", "Replace …", "Keep only it"
MASK_HELP = "Hides the word: the model sees that a word stands there, but not which."
DELETE_HELP = "Leaves the word out, with one space beside it."
REPLACE_HELP = "Puts another word in its place: one you type, or one that the language-model head would put there."
KEEP_HELP = "Leaves out everything else: what does the model say of this word alone?"
KEEP_PAIR_HELP = "Leaves out everything else of its text; the other text stays whole."
NO_WORD = "Select a word of the text first: a special token is none that could be edited."
IS_MASKED = "This word is hidden already: put another in its place, or undo the edit that hid it."

TYPED, TYPED_HINT, PUT_IN = "Another word for it", "a word, or several", "Replace"
FILLS_TITLE = "What the language-model head would put there"
FILLS_COLUMNS = ("word", "the head's probability", "the classifier then says")
NO_FILLS = "The language-model head has no whole word to offer for this place. Type one."
NO_HEAD = "This model came without a language-model head, so there are no suggestions. Type a word."

TOPS = (1, 2, 3, 5)
FLIP = "Smallest edit that flips it"
FLIP_HELP = (
    "Searches for the fewest words to change until the classifier answers otherwise, beginning with the text as it stands. "
    "Takes a moment; you can stop it."
)
FLIP_WAYS = {
    MASK: "by masking words",
    DELETE: "by leaving words out",
    REPLACE: "by replacing words, with the head's own suggestions",
}

STALE = "The text is another one by now, so nothing was edited. Select a word of the text as it stands, and press again."
NOTHING_CHANGED = "That would leave the text as it is. Choose another word."


def top_title(layer: str, has_mask: bool) -> str:
    """The menu that hides the first words of a layer."""
    return f"{'Mask' if has_mask else 'Leave out'} the top words of {layer}"


def top_help(has_mask: bool) -> str:
    """What it does."""
    return (
        f"{'Masks' if has_mask else 'Leaves out'} the words that speak most for what is explained, by this layer; those against it "
        "come last. If the layer tells the truth, the answer should fall."
    )


def top(k: int) -> str:
    """One choice of that menu."""
    return f"the top {k} words" if k > 1 else "the top word"


# --- the card ---

ORIGINAL = "Original"
UNDO, BACK = "Undo", "Back to the original"
BACK_HELP = "Puts the original into the box, and forgets the edits."
TRAIL = "Edits of the text, in order"
ROWS = (("before", "was"), ("now", "now"))
CHANGE = "change", "±"  # in wide and in narrow places
NO_PARTNER = "this word has no partner"
BARS_LABEL = "What the classifier says, before and now"
CARD_OF_ORIGINAL = "What if"
ORIGINAL_SHOWN = "The original stands in the box again. Click an edit to go back to it."
BARS_NOTE = "The upper bar is the original, the lower one the text as it stands."
VALUES_NOTE = "Values on the model's own scale, no probabilities."
WORDS_TITLE = "What it changed, word by word"
MAP_TITLE, MAP_SUBTITLE = "What it changed, layer by layer", "click a cell, or use the arrow keys"


def card_title(said: str) -> str:
    """Over the card: the edits that were made."""
    return f"What if: {said}"


def head_of_words(layer: str, unit: str) -> str:
    """What the figures of the words are."""
    return f"saliency at {layer}, in {unit}"


def words_note(question: str, signed: bool, is_cut: bool, has_lonely: bool) -> str:
    """How to read the words."""
    sides = "Orange speaks for it, blue against it" if signed else "The deeper the orange, the more a word matters"
    note = f"How to read this: all three lines are about “{wording.clip(question, 80)}”. {sides}; "
    note += "the last line is now less before, on its own scale."
    note += " A word without a partner has no change." if has_lonely else ""
    return note + (" Of a long text, the part around the selected word is shown." if is_cut else "")


def map_note(signed: bool, one_scale: bool) -> str:
    """How to read the map."""
    sides = "Orange: speaks more for it than before; blue: less." if signed else "Orange: matters more than before; blue: less."
    scale = "All rows on one scale." if one_scale else "Each row on its own scale."
    return f"How to read this: each cell is a word's saliency now less before. {sides} {scale} Empty: the word has no partner."


def searched(sentence: str, n_edits: int) -> str:
    """What a search says of its answer, on the page; `n_edits` were made of the text before it began."""
    begin = f"The search began with the text after edit {n_edits}. " if n_edits else ""
    return begin + re.sub(r"(?<=\d)%", "\N{NO-BREAK SPACE}%", sentence)


def verdict(prediction: Prediction, before: tuple[float, ...], now: tuple[float, ...], last: tuple[float, ...] = ()) -> str:
    """Whether the answer is another one than `before`; empty for a regression, which gives none. `last`: one edit ago."""
    if prediction.problem_type == SINGLE_LABEL and len(before) > 1:
        was, is_now = (max(range(len(part)), key=part.__getitem__) for part in (before, now))
        name = wording.clip(prediction.labels[is_now], 40)
        if was == is_now and last and last[is_now] < max(last):
            return f"The answer is “{name}” again."
        return f"The answer stays “{name}”." if was == is_now else figure_wording.flipped(prediction.labels[is_now])
    if prediction.problem_type in (SINGLE_LABEL, MULTI_LABEL):
        crossed = [name for name, was, is_now in zip(prediction.labels, before, now) if (was > 0.5) != (is_now > 0.5)]
        named = ", ".join(f"“{wording.clip(name, 40)}”" for name in crossed[:4])
        return f"Crossed one half: {named}." if crossed else "No label crossed one half."
    return ""


def points(prediction: Prediction, before: float, now: float) -> str:
    """How far an output moved: in percentage points with one decimal, or on a regression's own scale."""
    moved = now - before
    figure = f"{100 * moved:+.1f} points" if prediction.is_probability else f"{moved:+.3g}"
    return re.sub(r"^[+-](?=0(\.0)? |0$)", "±", figure).replace("-", "−")


def spoken(
    said: str,
    prediction: Prediction,
    before: tuple[float, ...],
    now: tuple[float, ...],
    target: int,
    last: tuple[float, ...] = (),
) -> str:
    """The new answer for those who hear the page; `last` as in `verdict`."""
    name = prediction.labels[target]
    figures = f"{figure_wording.told(prediction, before[target])} to {figure_wording.told(prediction, now[target])}"
    parts = (
        f"{said or ORIGINAL}",
        f"{name}: {figures}, {points(prediction, before[target], now[target])}",
        verdict(prediction, before, now, last),
    )
    return ". ".join(part.rstrip(".") for part in parts if part) + "."
