"""The words for what a model answers: the share of each class, each label on its own, or a value that is no share."""

from dataclasses import dataclass

from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL


@dataclass(frozen=True)
class AnswerWords:
    """What the widgets say around the outputs of one problem type (`labels.PROBLEM_TYPES`)."""

    prediction: str
    """Over the bars, for those who hear the page."""
    note: str
    """Under the bars; empty where they explain themselves."""
    target: str
    default: str
    alone: str
    """The pickers: their title, the choice that leaves it to the model, and no contrast."""
    against_help: str
    stopping_note: str
    sides: str
    """What the two colours mean, after “orange” and “blue”, as a template."""


_STOPPING = "The classifier's own output layer put on every layer in turn; only the last one is what it was trained for."
_FOR_CLASS = "orange{} speaks for the class, blue{} against it"

ANSWERS = {
    SINGLE_LABEL: AnswerWords(
        prediction="Predicted probabilities",
        note="",
        target="Explain the class",
        default="the predicted one",
        alone="— (the class alone)",
        against_help="Explains the difference of two logits: what speaks for the one class rather than the other.",
        stopping_note=_STOPPING,
        sides=_FOR_CLASS,
    ),
    MULTI_LABEL: AnswerWords(
        prediction="Probability of each label",
        note="Each label on its own: they need not add up to 100 %.",
        target="Explain the label",
        default="the most probable one",
        alone="— (the label alone)",
        against_help="Explains the difference of two logits: what speaks for the one label rather than the other.",
        stopping_note=f"{_STOPPING} Each label on its own.",
        sides=_FOR_CLASS.replace("class", "label"),
    ),
    REGRESSION: AnswerWords(
        prediction="Predicted value",
        note="A value on the model's own scale, not a probability.",
        target="Explain the output",
        default="the first one",
        alone="— (the output alone)",
        against_help="Explains the difference of two outputs: what raises the one rather than the other.",
        stopping_note=f"{_STOPPING} Values on the model's own scale.",
        sides="orange{} raises the value, blue{} lowers it",
    ),
}
OWN_SCALE_AXIS = "model's own scale"


def only_output(name: str) -> str:
    """In place of the pickers where a model has one output."""
    return f"The model has one output, {name}: the words below are those that move it."
