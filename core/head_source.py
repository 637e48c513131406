"""Where the language-model head comes from: one that was named, the classifier's own checkpoint, or its base model; else none."""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from core.capability import HeadFitness
from core.errors import ModelError, printable
from core.fitness import measure_fitness
from core.head_reader import HeadReader, UnfitHead
from core.hub import Checkpoint, open_head
from core.lm_head import LanguageModelHead
from core.model_spec import ModelSpec
from core.policy import Policy
from core.progress import Progress
from core.references import looks_like_path

OWN = "the same checkpoint"
HOW_TO_ADD = "To decode layers into words, name a checkpoint that holds one as its head: the model it was trained from, of the same width and vocabulary."
NOT_OF_ENCODER = (
    "The language-model head of an encoder–decoder reads its decoder's states, and here its encoder's are traced, so layers can't be decoded into words."
)
# Names of the hub from before its ids had two parts.
PLAIN_NAMES = re.compile(
    r"(bert|distilbert|roberta|distilroberta|albert|xlm-roberta|xlnet|gpt2|distilgpt2|t5|camembert|openai-gpt|ctrl|xlm|flaubert)(-[a-z0-9-]+)?(-v[12])?"
)
CARD_CHARACTERS = 65_536
MOST_BASES = 2  # names that are followed, for each is a download
MOST_UNASKED = 2 * 10**9  # bytes of weights that are fetched for a base model which nobody named
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# Relative paths that people save to look like hub ids.
LOCAL_PATH = re.compile(r"(outputs?|out|models?|results?|runs?|tmp|saved|checkpoints?|ckpts?|data|content|home|mnt|root|workspace)/.*|.*/checkpoint-\d+", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class FoundHead:
    """The head and where it comes from, or why there is none."""

    head: LanguageModelHead | None = None
    source: str = ""
    missing: str = ""
    fitness: HeadFitness | None = None


def find_head(spec: ModelSpec, own: Checkpoint, reader: HeadReader, progress: Progress) -> FoundHead:
    """The language-model head of the classifier that `reader` was made for and that lies in `own`.

    That there is none is no error: only what `progress` raises passes through.
    """
    progress("Looking for a language-model head", 0.6)
    if reader.model.config.is_encoder_decoder:
        return FoundHead(missing=NOT_OF_ENCODER)
    reasons = []
    if spec.head is None:
        try:
            return _checked(reader, reader.read(own), OWN, None, progress)
        except UnfitHead as error:
            reasons.append(f"The checkpoint gives no language-model head: {error}.")
    for reference in [spec.head] if spec.head else islice(base_names(own.path, spec.repo), MOST_BASES):
        said = f"The head “{reference}”" if spec.head else f"Its base model “{reference}”"
        try:
            # A folder was allowed when it was named. A name in a config is nobody's wish, and no hub id may turn into a folder.
            policy = Policy.of_owner() if spec.head and looks_like_path(spec.head) else Policy.from_environment()
            checkpoint = open_head(reference, policy, progress, spec.trust_pickle, reader.check, None if spec.head else MOST_UNASKED)
            progress("Reading the language-model head", 0.7)
            head = reader.read(checkpoint)
        except UnfitHead as error:
            reasons.append(f"{said} does not fit: {error}.")
        except ModelError as error:
            reasons.append(f"{said} is not to be had: {textwrap.shorten(str(error), 240, placeholder=' …')}")
        else:
            return _checked(reader, head, f"{reference.partition('@')[0]}@{checkpoint.revision[:12]}", checkpoint, progress)
    return FoundHead(missing=printable(" ".join([*reasons, HOW_TO_ADD])))


def _checked(reader: HeadReader, head: LanguageModelHead, source: str, base: Checkpoint | None, progress: Progress) -> FoundHead:
    progress("Checking the language-model head", 0.8)
    load_base = None if base is None else lambda: reader.read_whole(base)
    return FoundHead(head, source, "", measure_fitness(reader.model, reader.tokenizer, head, source, load_base, progress))


def base_names(folder: Path, own: str | None) -> Iterator[str]:
    """Hub ids of the model that a checkpoint says it was trained from: in config.json, then in its card. Never a path."""
    try:
        name = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("_name_or_path")
    except (OSError, ValueError, AttributeError, RecursionError):
        name = None
    names = [name, *_base_in_card(folder / "README.md")]
    for name in dict.fromkeys(name.strip() for name in names if isinstance(name, str)):
        is_hub_id = HUB_ID.fullmatch(name) and not LOCAL_PATH.fullmatch(name) and ".." not in name
        if name != own and (is_hub_id or PLAIN_NAMES.fullmatch(name)):
            yield name


def _base_in_card(file: Path) -> list[str]:
    """`base_model` in the front matter of a model card: one name or a list of names. The card is anybody's, so little of it is read."""
    try:
        with file.open(encoding="utf-8") as card:
            lines = [line.rstrip() for line in card.read(CARD_CHARACTERS).splitlines()]
    except (OSError, ValueError):
        return []
    if "---" not in lines[1:] or lines[0] != "---":
        return []
    matter = lines[1 : lines.index("---", 1)]
    start = next((number for number, line in enumerate(matter) if line.startswith("base_model:")), None)
    if start is None:
        return []
    items = takewhile(lambda line: line.lstrip().startswith("- "), matter[start + 1 :])
    written = matter[start].removeprefix("base_model:").strip("[] \t").split(",") + [item.lstrip().removeprefix("- ") for item in items]
    return [name.strip(" \t\"'") for name in written if name.strip()]
