"""What is too dear for every row and is measured on a sample: decoding over the whole vocabulary, and the games by layer."""

import numpy as np
import torch

from core.case import Case, open_case
from core.coherence import measure_coherence
from core.corpus.records import NOT_SAMPLED, RunPlan, Sample
from core.decode import decode_states
from core.devices import is_out_of_memory, release_memory
from core.errors import SaliencyError
from core.faithfulness import play_all
from core.memory import without_locals
from core.models import Classifier
from core.records import Query, Settings
from core.tables.texts import TextRow

RANDOM_ORDERS = 5  # of the words, whose mean φ is what a layer must beat
_STREAM = 5  # apart from other draws of the same seed


def draw_sample(n_rows: int, size: int, seed: int) -> list[int]:
    """Numbers of `size` of the rows 1 to n, or of all if there are fewer; a smaller sample is the beginning of a larger one."""
    order = np.random.default_rng((seed, _STREAM))
    numbers: dict[int, None] = {}
    while len(numbers) < min(size, n_rows):  # one by one: the first stay the same when the size grows
        numbers[int(order.integers(1, n_rows + 1))] = None
    return list(numbers)


def measure_sample(classifier: Classifier, row: TextRow, plan: RunPlan) -> Sample:
    """What the plan's samples ask of this row; what can't be measured on it is left out."""
    asked = Settings(max_windows=plan.settings.max_windows, overlap=plan.settings.overlap)
    try:
        case = open_case(classifier, Query(classifier.spec.name, row.text, settings=asked, text_pair=row.text_pair))
        coherence = _coherence(case) if row.number in plan.coherence_rows else (None, None)
        is_played = row.number in plan.faithfulness_rows and len(case.windows) == 1  # the games on one of many take minutes
        games = _games(case) if is_played else (None, None)
    except SaliencyError:
        return NOT_SAMPLED
    except Exception as error:  # noqa: BLE001 — a row that can't be sampled ends no run
        full = is_out_of_memory(error)
        without_locals(error)
    else:
        return Sample(*coherence, *games)
    if full:
        release_memory(classifier.device)
    return NOT_SAMPLED


def _coherence(case: Case) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(L) own_top1 and (L) own_log_probability, as `pipeline.analyse` has them; None without a language-model head."""
    head, reading = case.classifier.lm_head, case.reading
    if head is None:
        return None, None
    with torch.no_grad():
        hidden = reading.stitch([trace.hidden[:, 0] for trace in case.traces])
        own_ids = reading.stitch([trace.batch.input_ids for trace in case.traces])[0]
        decoded = decode_states(head, hidden, own_ids, 1)
        content = torch.from_numpy(~reading.tokens.is_special).to(hidden.device)
        profiles = measure_coherence(decoded, content, own_ids, None)
    return profiles["own_top1"].values, profiles["own_log_probability"].values


def _games(case: Case) -> tuple[np.ndarray, float]:
    """(L) φ of the headline method at each layer, and φ of random orders; hidden words are replaced by [MASK]."""
    layers = case.one_pass_scores["undecoded"] if case.classifier.lm_head is None else case.decoded_scores["decoded"]  # (L, W)
    chance = np.random.default_rng((case.masked.seed, _STREAM)).random((RANDOM_ORDERS, case.n_words))
    rankings = {layer: scores[None] for layer, scores in enumerate(layers)} | {"random": chance}
    games = play_all(case.masked, rankings, tie_orders=1)
    return np.array([games[layer].faithfulness for layer in range(len(layers))]), float(games["random"].faithfulness)
