"""Every label, help text, caption and sentence of the pages, but for what they say of models (`model_wording.py`) and of answers
(`answers.py`). Nothing here is computed but words around figures.
"""

import re

from core.errors import quoted
from core.methods import METHODS
from core.prediction import Prediction
from core.provenance import Coverage
from core.records import LayerReport, SaliencyMap
from core.report.words import TEXT_NAMES
from dashboard.answers import ANSWERS

NAME = "Layer Saliency"
TAGLINE = "Which words a text classifier used, layer by layer, and which layer to trust."

TEXT_LABEL = "Text"
FIRST_TEXT, SECOND_TEXT = TEXT_NAMES
TEXT_PLACEHOLDER = "Type or paste a text, or choose an example below."
BARE_PLACEHOLDER = "Type or paste a text."
TWO_TEXTS = "Two texts"
TWO_TEXTS_HELP = "Gives the model a second text to read together with the first. Some are made for that; any can be tried."
FIRST_HELP = "Where the model tells whether one text follows from another, this is the premise: what is taken to be true."
SECOND_HELP = "Where the model tells whether one text follows from another, this is the hypothesis: what may or may not follow."
PAIR_EXPECTED = (
    "This model was made to read two texts together; the second box is empty, so only the first is read. Fill in the second."
)
EXAMPLES_LABEL = "Examples"
EXPLAIN = "Explain"
NO_TEXT = "There is no text yet. Type at least one word, or choose an example."

AGAINST = "rather than"

METHOD = "Method"
UNITS = "Show"
BY_WORDS, BY_PIECES = "words", "subwords"
OPTIONS = "Options"
RULE = "A word's score from its subwords"
STRENGTH = "Colour strength"
STRENGTH_HELP = "Above 1, weaker scores show more colour and the strongest share the full one; the legend follows."
SPECIAL = "Show special tokens"
SPECIAL_HELP = "[CLS], [SEP] and their like: positions that the model adds. Much of the deep layers' saliency lies there."
MEANING = "Also measure how much meaning is kept"
MEANING_HELP = (
    "Adds a line to the curve of coherence: how near the average of all that is read at a word lies to the word itself, above "
    "chance. Decoding takes about twice as long."
)
ONE_SCALE = "One colour scale for all layers"

LAYER = "Layer"
LAYER_HELP = (
    "Each layer of the model turns the words' states into new ones. “emb” is the embedding: the words as they go in, before "
    "the first layer. ★ is the layer recommended. Its score, −1 to 1: the probability with only the top words shown, less that "
    "with them hidden, averaged over several numbers of words; higher is better. “Random” is the same with words in random order."
)
BACK = "Back to the recommended layer"
STOP = "Stop"
GIVEN_UP = "You stopped this. Nothing is lost: try again whenever you like."
RETRY = "Try again"

FAITHFUL_METHOD = "faithful"
FAITHFUL = "More faithful (10 rows)"
FAITHFUL_HELP = (
    "Runs the text eight times with its words hidden to different degrees, and the two ends: ten rows in one batch. "
    "In hiding and revealing games this order of words held up better than any one-pass map."
)
HOW_COMPUTED = "How is this computed?"

COHERENCE_TITLE = "How far each layer can be read"
COHERENCE_NOTE = (
    "The higher the line, the more of the text's own words the language-model head still finds at their places. "
    "Hollow points: fewer than half, so that the words of that layer say little. The dashed line: how much of the saliency lies on words, "
    "the rest lying on tokens that the model adds itself. Click a point to go to its layer."
)
NO_HEAD_NOTE = (
    "This model came without a language-model head, so only the share of the saliency on words is known. "
    "Click a point to go to its layer."
)
STOPPING_TITLE = "What it would say if it stopped here"
READINGS_NOTE = (
    "What the language-model head makes of the state at this word's place. A frame marks the word itself; its rank is its place "
    "among all the head could say. Grey italics: a layer where fewer than half of the text's words are found."
)
UNTRUSTED = "At this layer the language-model head finds fewer than half of the words, so its reading says little."
NO_READINGS = "This model came without a language-model head, so its layers can't be read as words."
MAP_TITLE = "Every layer at once"
MAP_SUBTITLE = "click a cell, or use the arrow keys"


def unknown_layer(asked: str) -> str:
    """The address asks for a layer that is no number."""
    return f"The address asks for the layer {quoted(asked)}; a number is expected, 0 for the embedding. The recommended layer is shown."


def unknown_class(name: object, labels: tuple[str, ...]) -> str:
    """A class that the model doesn't have."""
    classes = ", ".join(labels)
    return f"The model has no class {quoted(str(name))}; the predicted class is explained. Its classes are: {classes}."


def unknown_method(name: object) -> str:
    """A method that doesn't exist, or that this model can't serve."""
    return f"The method {quoted(str(name))} is not to be had with this model; the standard one is shown."


def partly_read(coverage: Coverage, is_pair: bool = False) -> str:
    """How much of a long text, or of two, was read."""
    share = f"{int(100 * coverage.share)} %" if coverage.share >= 0.01 else "hundredth, or less,"
    share = f"{'a ' if coverage.share < 0.01 else ''}{share} of the two texts" if is_pair else f"the first {share} of the text"
    words = f"The model read {share} ({coverage.characters_read:,} of {coverage.characters:,} characters, "
    return words + f"in {coverage.windows} windows of {coverage.limit} tokens). The rest has no influence on what is shown."


def layer_name(layer: int) -> str:
    """A layer state in a sentence."""
    return f"layer {layer}" if layer else "the embedding"


def starred_names(report: LayerReport, method: str) -> list[str]:
    """The layers' short names, the recommended one with a star."""
    starred = report.choices[method].layer if report.maps[method].has_layers else None
    return [f"{name} ★" if layer == starred else name for layer, name in enumerate(report.layer_names)]


def hero_title(report: LayerReport, saliency: SaliencyMap, layer: int) -> str:
    """Ends where the class follows in quotation marks."""
    where = layer_name(layer) if saliency.has_layers else "the whole model"
    return f"What {where} used for "


def hero_why(layer: int, recommended: int, reason: str, is_trusted: bool) -> str:
    """Why this layer is shown, or which one would be, and whether its words can be read at all."""
    lead = "★ Recommended." if layer == recommended else f"Recommended is {layer_name(recommended)}, not this one."
    return f"{lead} {reason}" + ("" if is_trusted else f" {UNTRUSTED}")


def sign_words(prediction: Prediction, is_signed: bool) -> str:
    """The sign of a method."""
    if is_signed:
        return "signed: " + ANSWERS[prediction.problem_type].sides.format(" with a solid line", " with a dotted line")
    return "magnitude only: how much a word matters, not which way"


def map_note(prediction: Prediction, is_signed: bool, one_scale: bool, any_untrusted: bool) -> str:
    """Under the map of layers and words."""
    scale = "All rows share one scale." if one_scale else "Each row is coloured on its own scale."
    sides = ANSWERS[prediction.problem_type].sides.format("", "").capitalize() + "."
    sides = f" {sides if is_signed else 'The deeper the colour, the more the word matters.'}"
    emb = " “emb”: the embedding, before the first layer."
    greyed = " Dotted layer names: the language-model head finds fewer than half of the words there." if any_untrusted else ""
    return scale + sides + emb + greyed


def cost(report: LayerReport) -> str:
    """What the answer cost, in one line."""
    made = report.provenance
    passes = "1 forward and 1 backward pass" if made.rows == 1 else f"{made.rows} rows of forward and backward passes"
    spent = 1000 * sum(made.seconds.values())
    states = f"{len(report.layer_outputs)} layer states"
    return f"{passes} · {states} · {spent:,.0f} ms · {made.device}, {made.dtype} · weights {made.revision}"


def method_name(name: str) -> str:
    """A method in the picker, with what it costs where that is more than the one pass."""
    method = METHODS[name]
    return f"{method.label} ({method.rows} rows)" if method.on_demand else method.label


def method_cost(saliency: SaliencyMap) -> str:
    """What one method costs."""
    rows = (
        "the one forward and backward pass that all one-pass methods share"
        if saliency.rows == 1
        else f"{saliency.rows} rows in one batch"
    )
    return f"{rows}; {1000 * saliency.seconds:,.0f} ms here"


def under_way(stage: str, seconds_left: float | None) -> str:
    """What somebody who waits is told."""
    if seconds_left is None:
        return stage
    return f"{stage} · about {seconds_left / 60:.0f} min left" if seconds_left >= 90 else f"{stage} · about {max(1, round(seconds_left))} s left"


def output(prediction: Prediction, index: int) -> str:
    """One output for people: a probability, or the value of a regression."""
    return percent(float(prediction.outputs[index])) if prediction.is_probability else prediction.tell(index).replace("-", "−")


def percent(share: float) -> str:
    """A probability for people; never 0 % or 100 % where it isn't exactly that."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"


def plain(text: str) -> str:
    """Words that Streamlit takes for Markdown, every sign of it made harmless: they may be a file's, or anyone's."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:])", r"\\\1", text)


def clip(text: str, length: int = 60) -> str:
    """At most `length` characters, for quoting."""
    return text if len(text) <= length else text[: length - 1] + "…"


def not_made(reason: str) -> str:
    """Instead of a file."""
    return f"The file could not be made: {reason}. Try again; if it stays so, load the page anew."
