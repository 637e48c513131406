"""What the pages say of models: the box, the form of a model of one's own, the card, and why one isn't there yet."""

from core.capability import Capabilities
from core.errors import quoted
from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from core.model_spec import ModelSpec
from dashboard.wording import clip

MODEL = "Model"
MODEL_HELP = "The first come with the project. Those that show a size are fetched from the hub when you choose them, and kept."
OWN = "Your own model …"

REFERENCE = "Hub id or folder"
REFERENCE_HINT = "organisation/name"
FOLDER = "Folder on this server"
NO_FOLDER = "—"
MORE = "More"
REVISION = "Revision"
REVISION_HINT = "main"
REVISION_HELP = "A branch, tag or commit of the hub; empty: main."
HEAD = "Language-model head from"
HEAD_HINT = "hub id or folder"
HEAD_NOTE = "Turns layers into words. Name the model it was trained from; empty: it is looked for."
TRUST = "I trust this file: load an old PyTorch .bin"
TRUST_NOTE = "Such files can hold code. It is not run, but tick this only for files whose makers you know."
LOAD = "Load"
NO_NAME = "There is no model named yet. Type its hub id (organisation/name) or choose a folder."
TWO_NAMES = "Both a folder and a name are given. Keep one of the two and empty the other."

ABOUT = "About this model"
ADD_HEAD = "Add a language-model head"
NO_HEAD = "It has no language-model head, so that its layers can't be read as words."

_ANSWERS = {
    SINGLE_LABEL: "one of {} classes",
    MULTI_LABEL: "each of {} labels on its own",
    REGRESSION: "a value on its own scale",
}
_MOST_LABELS = 6
_DEVICES = {"cpu": "the processor", "cuda": "the graphics card", "mps": "Apple's graphics"}
_NUMBERS = {"fp32": "32-bit numbers (fp32)", "bf16": "16-bit numbers (bf16)", "fp16": "16-bit numbers (fp16)"}


def choice(spec: ModelSpec) -> str:
    """A model in the box: its name, and for one of the hub what there is to fetch."""
    size = f" · {spec.megabytes:,} MB" if spec.repo is not None and spec.megabytes is not None else ""
    return spec.label + size


def summary(facts: Capabilities) -> str:
    """A model in a line of figures."""
    return f"{_millions(facts.parameters)} parameters · {facts.layers} layers · on {_DEVICES.get(facts.device, facts.device)}"


def card(facts: Capabilities, license: str) -> list[tuple[str, str, str]]:
    """(name, value, what it means) of each line of a model's card."""
    rest = len(facts.labels) - _MOST_LABELS
    labels = ", ".join(clip(label, 30) for label in facts.labels[:_MOST_LABELS]) + (f" and {rest} more" if rest > 0 else "")
    reads = "two texts" if facts.expects_pair else "one text"
    device = f"{_DEVICES.get(facts.device, facts.device)}, {_NUMBERS.get(facts.dtype, facts.dtype)}"
    head = facts.head_source or "none"
    rows = [
        ("name", facts.name, ""),
        ("answers", f"{_ANSWERS[facts.problem_type].format(len(facts.labels))}: {labels}", ""),
        (
            "reads",
            f"{reads}, {facts.max_length:,} tokens at once",
            "A token is a word or a part of one. Of longer texts, several windows are read.",
        ),
        (
            "language-model head",
            head,
            "The part of a language model that turns a layer's state into words; this is where it comes from.",
        ),
        ("how well it reads", "" if facts.fitness is None else facts.fitness.sentence, ""),
        ("what is missing", facts.missing_head, ""),
        ("layers", f"{facts.layers}, and the embedding below", "The steps a text passes through; each gives a map of its own."),
        ("parameters", _millions(facts.parameters), "The numbers that training has set."),
        ("width", f"{facts.width:,} numbers", "What stands for one token at each layer."),
        ("family", f"{facts.family} ({facts.architecture})", "How the network is built, in the words of transformers."),
        ("runs on", device, "Fewer bits are faster and less exact."),
        ("memory", f"{max(1, round(facts.memory_bytes / 1e6)):,} MB", "Weights of classifier and language-model head."),
        ("revision", facts.revision, "Names these very weights: a commit of the hub, or a fingerprint of the files."),
        ("licence", license, ""),
    ]
    return [row for row in rows if row[1]]


def _millions(count: int) -> str:
    return f"{count / 1e6:,.1f} million" if count >= 1e5 else f"{count:,}"


def loading(spec: ModelSpec) -> str:
    """Over the progress of a model that was asked for."""
    return f"Loading “{clip(spec.label)}”"


def stopped(spec: ModelSpec) -> str:
    """The person stopped waiting for a model."""
    return f"You stopped loading “{clip(spec.label)}”. Nothing is lost: what was fetched is kept, and you can try again whenever you like."


def until_then(spec: ModelSpec) -> str:
    """Under the box of models, while another one is loaded."""
    return f"Until it is there, the page stays with “{clip(spec.label)}”."


def offer(spec: ModelSpec) -> str:
    """The address names a model of the hub that this server has not loaded."""
    size = "" if spec.megabytes is None else f" ({spec.megabytes:,} MB)"
    return f"This link is about the model “{spec.label}”, which may have to be fetched from the hub first{size}."


def load_it(spec: ModelSpec) -> str:
    """The button under `offer`."""
    return "Load it" if spec.megabytes is None else f"Load it ({spec.megabytes:,} MB)"


def unknown_model(name: str, known: tuple[str, ...]) -> str:
    """The address names a model that isn't on offer."""
    return f"The address asks for the model {quoted(name)}, which is not on offer here; “{known[0]}” is shown. The box of models lists all others."
