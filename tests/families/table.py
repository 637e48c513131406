"""The table of the README: what happens when each family is loaded and analysed."""

from pathlib import Path
from types import SimpleNamespace

from transformers import AutoConfig

from core.errors import ModelError
from core.model_spec import ModelSpec
from core.models import Classifier, load_classifier, window_length
from core.pipeline import analyse
from core.records import LayerReport, Query
from tests.families.recipes import ENCODER_DECODERS, EVERY, EVERY_DECODER, RECIPES
from tests.families.tokenizers import TEXT

README = Path(__file__).resolve().parents[2] / "README.md"
START, END = "<!-- families:start -->", "<!-- families:end -->"
NAMES = {"deberta-v2": "deberta-v2 (v3 too)", "gemma3_text": "gemma3 (text)"}  # where transformers' own word says too little
NOTES = {
    "big_bird": "full attention, which up to this length is what its sparse attention comes to",
    "longformer": "the first token attends to all, as in its own classifier",
    "xlnet": "its head was trained on permutations, so its fitness is not measured",
}
NOTES |= dict.fromkeys(ENCODER_DECODERS, "the encoder's states; the decoder counts as part of the head, and reads the words past them too")


def analyse_family(name: str, folder: Path) -> tuple[Classifier, LayerReport] | str:
    """The classifier and its report on one sentence, or the sentence of refusal."""
    try:
        classifier = load_classifier(ModelSpec(name, name, "", path=folder), device="cpu")
    except ModelError as error:
        return str(error)
    return classifier, analyse(classifier, Query(name, TEXT))


def make_row(name: str, result: tuple[Classifier, LayerReport] | str) -> tuple[str, ...]:
    """The family, and what its line says of it."""
    kind = "encoder–decoder" if name in ENCODER_DECODERS else "decoder" if name in EVERY_DECODER else "encoder"
    shown = NAMES.get(name, name)
    if isinstance(result, str):
        return shown, kind, "refused", "–", "–", result.split("can't be traced: ")[1].split(" (“")[0].split(". ")[0]
    classifier, report = result
    states = RECIPES[name].settings.get("num_hidden_layers", 3) + 1
    read = "all" if len(report.layer_names) == classifier.layers + 1 == states else f"{classifier.layers}"
    return shown, kind, read, "yes" if report.decoding is not None else "no", str(longest_text(name, classifier)), NOTES.get(name, "")


def longest_text(name: str, classifier: Classifier) -> int:
    """Tokens of one window of a published model of the family, special ones included."""
    config = AutoConfig.for_model(name)
    if RECIPES[name].positions:
        config.max_position_embeddings = RECIPES[name].positions
    tokenizer = SimpleNamespace(model_max_length=10**9, num_special_tokens_to_add=lambda: 2)
    return window_length(tokenizer, SimpleNamespace(config=config, named_modules=classifier.model.named_modules))


def make_table(folders: dict[str, Path]) -> str:
    """The table, by running every family."""
    return join_rows([make_row(name, analyse_family(name, folders[name])) for name in EVERY])


def join_rows(rows: list[tuple[str, ...]]) -> str:
    """Rows under their heading, families of which the same is said in one line."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for name, *said in rows:
        lines.setdefault(tuple(said), []).append(name)
    heading = "| families | kind | layers read | decoded into words | tokens at once | note |\n|---|---|---|---|---:|---|"
    return "\n".join([heading, *(f"| {' | '.join([', '.join(names), *said])} |" for said, names in lines.items())])


def replace_table(text: str, table: str) -> str:
    """The README with the table between its markers."""
    before, rest = text.split(START)
    return f"{before}{START}\n{table}\n{END}{rest.split(END)[1]}"


def read_table(text: str) -> str:
    """The table that stands in the README."""
    return text.split(START)[1].split(END)[0].strip()
