"""The engine as a room shares it: models that stay loaded, and turns at each device. Knows nothing of Streamlit.

Importing this costs torch, so that pages leave it to the engine.
"""

import gc
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from core import pipeline
from core.capability import Capabilities
from core.devices import choose_device, choose_threads
from core.folders import check_folder
from core.hub import open_checkpoint
from core.memory import where_it_fits
from core.model_spec import ModelSpec
from core.models import Classifier, describe, load_classifier
from core.pool import ModelPool
from core.progress import Progress
from core.records import LayerReport, Query
from core.turns import FairQueue

MAX_MODELS = 4


def without_methods(query: Query) -> Query:
    """The query without its on-demand methods: a report on it serves every choice of them."""
    return replace(query, settings=replace(query.settings, methods=()))


class Service:
    """Answers from any number of threads. Each device does one analysis at a time."""

    def __init__(self, load: Callable[..., object] | None = None, max_models: int = MAX_MODELS, max_bytes: int | None = None):
        torch.set_num_threads(choose_threads())
        self.pool = ModelPool(load or load_for_pages, max_models, max_bytes, _bring)
        self._queues: dict[str, FairQueue] = {}

    def analyse(
        self, query: Query, spec: ModelSpec, person: Hashable, tell: Progress, known: LayerReport | None = None
    ) -> tuple[LayerReport, LayerReport]:
        """The report of a query, and the one without on-demand methods that it builds on (`known`, where there is one).

        Waits for this person's turn; a newer call of the same person stops this one (Superseded). Raises SaliencyError.
        """
        methods = query.settings.methods

        def run(device: str) -> tuple[LayerReport, LayerReport]:
            with self._turn(spec, person, device, tell) as (classifier, step):
                base = known or pipeline.analyse(classifier, without_methods(query), step)
                return (pipeline.add_methods(classifier, base, methods, step) if methods else base), base

        return where_it_fits(run, choose_device(), tell)

    def inspect(self, spec: ModelSpec, tell: Progress) -> Capabilities:
        """What is known of a model, which is loaded for it. Raises SaliencyError."""

        def run(device: str) -> Capabilities:
            with self.pool.lease(spec, tell, device) as classifier:
                return describe(classifier)

        return where_it_fits(run, choose_device(), tell)

    @contextmanager
    def _turn(self, spec: ModelSpec, person: Hashable, device: str, tell: Progress) -> Iterator[tuple[Classifier, Progress]]:
        """A classifier, the device to oneself, and what the work is to call between its steps."""
        if not self.pool.holds(spec, device):
            with self.pool.lease(spec, tell, device):
                pass  # nobody's turn need wait for a load; but a lease that lasted through the queue would let each hold a model
        queue = self._queues.setdefault(device, FairQueue())
        with queue.turn(person, tell) as step, self.pool.lease(spec, step, device) as classifier:
            yield classifier, step


def _bring(spec: ModelSpec, progress: Progress) -> int:
    """Bring the files of a hub's model here, while others may load theirs. Bytes of the weights, a folder's too."""
    is_local = spec.path is not None  # its fingerprint is read by the load itself
    weights = check_folder(spec.path, spec.trust_pickle, spec.root) if is_local else open_checkpoint(spec, progress).weights
    return sum(file.stat().st_size for file in weights)


def load_for_pages(spec: ModelSpec, device: str, dtype: str, progress: Progress) -> Classifier:
    """A classifier, set apart from the garbage collection that Streamlit does after every run of a page."""
    classifier = load_classifier(spec, device, dtype, progress)
    if gc.get_freeze_count():
        gc.collect()
        gc.freeze()
    return classifier
