"""Every label and sentence of the presenter view and of the tour. Nothing here is computed but words around figures."""

from core.prediction import Prediction
from core.records import LayerReport
from dashboard import wording
from dashboard.answers import ANSWERS

PRESENT_PAGE = "Present"
GO_PRESENT, GO_PRESENT_HELP = "Present", "This text in large type for a room: the arrow keys walk the layers."

TITLE = "One text in large type"
BACK = "Back to Explore"
FULL_SCREEN, LEAVE_FULL_SCREEN = "Full screen", "Leave full screen"
KEYS = (("← →", "walk"), ("↑ ↓", "layer, class, word"), ("F", "full screen"), ("Esc", "back"))
CONTROLS = {"layer": "Layer", "class": "Class", "word": "Word"}
SWITCH = "What the left and right arrow keys walk"
PREVIOUS, NEXT = "Previous word", "Next word"
TEXT = "The text, each word coloured by its saliency"
NOT_DECODED = "has the score"
SAYS = "the model says"


def said(prediction: Prediction) -> list[tuple[str, str]]:
    """(label, figure) of what the classifier says of the text, at most two; the explained output comes first where it is said."""
    first = [c for c in prediction.said if c == prediction.target]
    return [(prediction.labels[c], wording.output(prediction, c)) for c in (first + [c for c in prediction.said if c not in first])[:2]]


def place(report: LayerReport, method: str, layer: int) -> str:
    """Where the walk stands: `layer 5 of 6 ★ recommended`."""
    if not report.maps[method].has_layers:
        return "the whole model"
    star = " ★ recommended" if layer == report.choices[method].layer else ""
    return (f"layer {layer} of {len(report.layer_names) - 1}" if layer else "embedding, before layer 1") + star


def step(layer: int) -> str:
    """A layer on its button."""
    return str(layer) if layer else "embedding"


def reads(layer: int, has_layers: bool, is_decoded: bool) -> str:
    """Begins the line that ends with the selected word and, decoded, with what is read at its place."""
    if not has_layers:
        return "For the whole model"
    name = wording.layer_name(layer)
    return name[0].upper() + name[1:] + (" reads" if is_decoded else "")


def share(probability: float) -> str:
    """A probability read from the back of a room."""
    return f"{100 * probability:.0f} %" if probability >= 0.01 else "< 1 %"


# --- the tour ---

TOUR, TOUR_OF = "Tour", "of"
SHOW_TOUR, SHOW_TOUR_HELP = "Show the tour", "Three hints on how to read this page."
TOUR_NEXT, TOUR_SKIP, TOUR_DONE = "Next", "Skip", "Done"
TOUR_FOR_GOOD = "Don’t show again"
TOUR_INVITATION, TOUR_START = "New here? Three hints.", "Show me"


def tour_hints(problem_type: str) -> tuple[tuple[str, str], ...]:
    """(title, words) of the three hints: the text in colour, the slider of layers, the map of all layers."""
    sides = ANSWERS[problem_type].sides.format("", "").capitalize()
    return (
        ("Your text, word by word", f"{sides}. Click a word to follow it through the model."),
        ("One layer at a time", "Move the slider to see what each layer used. The star marks the layer to trust."),
        ("Every layer at once", "One row a layer, one column a word. Click a cell to go there."),
    )
