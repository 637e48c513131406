"""Windows of many texts in batches of like length under a budget of tokens; what does not fit is tried in halves.

Batches depend on the lengths, the budget and the order of the windows alone, so that the same rows give the same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.devices import check_answers, free_memory, is_out_of_memory, release_memory
from core.errors import SaliencyError
from core.memory import without_locals
from core.models import Classifier

BUDGET = {"cpu": 2048}  # a processor is no faster with more, and the smaller the batch the sooner a cancel is heard
BUDGET_ELSEWHERE = 32_768
STATES_KEPT = 40  # numbers of the hidden width that one token of one layer keeps for the backward pass, roughly
SHARE_OF_MEMORY = 4  # a batch may take one part in so many of what is free

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Room:
    """Tokens that a batch may hold, padding included. Smaller for good after memory ran out."""

    tokens: int


def choose_budget(classifier: Classifier) -> int:
    """Tokens of one batch for the classifier's device and the memory that is free there."""
    width = classifier.model.config.get_text_config().hidden_size
    taken = 4 * STATES_KEPT * width * (classifier.layers + 1)  # bytes a token
    fitting = free_memory(classifier.device) // SHARE_OF_MEMORY // taken
    return max(1, min(BUDGET.get(classifier.device, BUDGET_ELSEWHERE), fitting))


def plan_batches(lengths: Sequence[int], budget: int, pads: bool) -> list[list[int]]:
    """Positions in `lengths` (tokens of each window), batch by batch: the longest first, so that memory runs out early or never.

    A batch is as wide as its longest window, and holds at most `budget` tokens or one window. Without `pads` all of a batch
    are of one length.
    """
    batches: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lambda at: (-lengths[at], at)):
        if batches:
            width = lengths[batches[-1][0]]
            fits = (len(batches[-1]) + 1) * width <= budget
            if fits and (pads or width == lengths[at]):
                batches[-1].append(at)
                continue
        batches.append([at])
    return batches


def run_batch(
    run: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item], width: int, room: Room, device: str
) -> list[Result | str]:
    """`run(items)`, one result for each item in order; why not, in a sentence, for an item that fails even alone.

    A batch that fails is tried in halves. When memory runs out, `room` shrinks to half of what was tried. Raises DeviceError where
    it is the device that failed.
    """
    most = max(1, room.tokens // width)
    if len(items) > most:
        return [one for start in range(0, len(items), most) for one in run_batch(run, items[start : start + most], width, room, device)]
    try:
        return [*run(items)]
    except SaliencyError as error:
        if len(items) == 1:
            return [str(error)]
    except Exception as error:  # noqa: BLE001 — a row that can't be read is told of, and the others go on
        is_full = is_out_of_memory(error)
        without_locals(error)
        if len(items) == 1:
            check_answers(device)  # else every row that is left would be refused for what is no fault of theirs
            release_memory(device)
            return [_TOO_LARGE if is_full else f"The model fails on this text ({type(error).__name__}). Leave it out, or change it."]
        if is_full:
            room.tokens = max(1, len(items) * width // 2)
    release_memory(device)  # not before the error is gone: it holds what was being computed
    half = (len(items) + 1) // 2
    return [one for part in (items[:half], items[half:]) for one in run_batch(run, part, width, room, device)]


_TOO_LARGE = "Even alone this text does not fit into the device's memory. Shorten it, or use a smaller model or a larger device."
