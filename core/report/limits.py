"""What an explanation of one text can't tell, in plain words, as far as it applies to this one."""

from core.calibration import name_layer
from core.methods import METHODS, READABLE
from core.records import LayerReport
from core.report.numerals import count, percent
from core.report.words import recovered_by_layer

USED = (
    "It shows what the model used for its answer: not whether the answer is right, not what a person would have gone by, and not what in the "
    "world makes it so."
)
GRADIENTS = (
    "One-pass maps rest on gradients at this one text: how the answer would move if a word’s state changed a little. Where two words say the "
    "same, or count only together, their shares may come out uneven."
)
STRATIFIED = (
    "Maps that hide words partly at random rest on texts that nobody wrote, and the order of nearly tied words may differ from one seed to "
    "another."
)
MEASURED = (
    "Scores are no proof. With the two models that come with this project, hiding and revealing words on 240 film reviews and 240 news items "
    "gave the one-pass decoded map 0.43 and 0.20 points of probability, the ten-row form 0.60 and 0.41, partition SHAP with 200 samples 0.63 and "
    "0.47, and a random order −0.22 and −0.27 (core/METHOD.md). For another model, measure before you rely on it."
)
CALIBRATED = "The layer recommended was the best on a few dozen texts; for another kind of text, or for this one, another may be."
UNCALIBRATED = "The layer recommended follows a rule, not a measurement with this model: `python -m core calibrate` measures it on texts of your own."
ONE_TEXT = "One text tells of one answer. What the model goes by in general shows over many texts."
CONTRAST = "A contrast explains the difference of two classes: a word that speaks for both can come out near 0."
REGRESSION = "The value is on the model’s own scale; what is a large difference there, only its maker can tell."
NO_HEAD = "The model came without a language-model head: its layers’ saliency stands where it arises, and how far they can be read isn’t known."
WINDOWS = (
    "The text was read in {windows} of at most {limit} tokens: a word’s score knows of its own window alone, and the answer is the windows’ "
    "mean."
)


def limits_of(report: LayerReport, method: str, layer: int) -> list[str]:
    """Sentences for the reader of this report."""
    on_demand = any(METHODS[name].on_demand for name in report.maps)
    is_calibrated = report.choices[method].rule == "calibrated"
    return [
        USED,
        GRADIENTS,
        *([STRATIFIED] if on_demand else []),
        *_layers(report, layer),
        *([CALIBRATED if is_calibrated else UNCALIBRATED] if report.maps[method].has_layers else []),
        *([CONTRAST] if report.prediction.against is not None else []),
        *([] if report.prediction.is_probability else [REGRESSION]),
        *_windows(report),
        MEASURED,
        ONE_TEXT,
    ]


def _layers(report: LayerReport, layer: int) -> list[str]:
    """How far the layers can be read as words, and what lies on none."""
    said = []
    weak = [i for i, share in enumerate(recovered_by_layer(report)) if share is not None and share < READABLE]
    if report.decoding is None:
        said.append(NO_HEAD)
    elif weak:
        names = ", ".join(report.layer_names[i] for i in weak)
        where = f"layer{'s' if len(weak) > 1 else ''} {names}"
        said.append(
            f"Deep layers mix the words. At {where} the language-model head finds fewer than half of them, so the reading there says little."
        )
    share = report.profiles.get("content_share")
    if share is not None:
        lost = percent(1 - float(share.values[layer]))
        said.append(
            f"At {name_layer(layer)}, {lost} of the saliency, before any decoding, lies on tokens that the model adds itself, such as [CLS], "
            "not on words: what has been gathered there can’t be told apart any more."
        )
    return said


def _windows(report: LayerReport) -> list[str]:
    coverage = report.coverage
    if coverage.windows == 1:
        return []
    return [WINDOWS.format(windows=count(coverage.windows, "window"), limit=coverage.limit)]
