"""The engine as a room shares it: models that stay loaded, and turns at each device. Knows nothing of Streamlit.

Importing this costs torch, so that pages leave it to the engine.
"""

import gc
from collections.abc import Callable, Hashable
from dataclasses import replace

import torch

from core import compare, pipeline
from core.capability import Capabilities
from core.comparison import Comparison, HidingSteps
from core.devices import choose_device, choose_threads
from core.folders import check_folder
from core.hub import open_checkpoint
from core.memory import where_it_fits
from core.model_spec import ModelSpec
from core.models import Classifier, describe, load_classifier
from core.pool import ModelPool
from core.progress import Progress
from core.records import LayerReport, Query
from dashboard.device_turns import DeviceTurns

MAX_MODELS = 4


def without_methods(query: Query) -> Query:
    """The query without its on-demand methods: a report on it serves every choice of them."""
    return replace(query, settings=replace(query.settings, methods=()))


class Service:
    """Answers from any number of threads. Each device does one thing at a time."""

    def __init__(self, load: Callable[..., object] | None = None, max_models: int = MAX_MODELS, max_bytes: int | None = None):
        torch.set_num_threads(choose_threads())
        self.pool = ModelPool(load or load_for_pages, max_models, max_bytes, _bring)
        self._turns: dict[str, DeviceTurns] = {}

    def analyse(
        self, query: Query, spec: ModelSpec, person: Hashable, tell: Progress, known: LayerReport | None = None
    ) -> tuple[LayerReport, LayerReport]:
        """The report of a query, and the one without on-demand methods that it builds on (`known`, where there is one).

        Waits for this person's turn; a newer call of the same person stops this one (Superseded). Raises SaliencyError.
        """
        methods = query.settings.methods

        def work(classifier: Classifier, step: Progress) -> tuple[LayerReport, LayerReport]:
            base = known or pipeline.analyse(classifier, without_methods(query), step)
            return (pipeline.add_methods(classifier, base, methods, step) if methods else base), base

        return self.run(spec, person, tell, work, is_long=bool(methods))

    def compare(
        self, query: Query, spec: ModelSpec, person: Hashable, tell: Progress, methods: tuple[str, ...], removal: str,
        known: Comparison | None,
    ) -> Comparison:  # fmt: skip
        """Methods side by side, added to those `known`. Waits as `analyse` does."""
        return self.run(
            spec, person, tell, lambda classifier, step: compare.compare(classifier, query, methods, removal, step, known)
        )

    def check_sanity(
        self, comparison: Comparison, spec: ModelSpec, person: Hashable, tell: Progress, methods: tuple[str, ...]
    ) -> Comparison:
        """The comparison with these methods tried on random weights. Waits as `analyse` does."""
        return self.run(spec, person, tell, lambda classifier, step: compare.add_sanity(classifier, comparison, methods, step))

    def hide(self, comparison: Comparison, spec: ModelSpec, person: Hashable, tell: Progress, method: str) -> HidingSteps:
        """The words hidden one after the other, in the order of a method. Waits as `analyse` does."""
        return self.run(spec, person, tell, lambda classifier, step: compare.hide_steps(classifier, comparison, method, step), is_long=False)

    def run(
        self, spec: ModelSpec, person: Hashable, tell: Progress, work: Callable[[Classifier, Progress], object], is_long: bool = True
    ):
        """`work` in this person's turn, on a device where it fits; what `is_long` gives way to all that is not, between its steps."""

        def run(device: str):
            if not self.pool.holds(spec, device):
                with self.pool.lease(spec, tell, device):
                    pass  # nobody's turn need wait for a load; but a lease that lasted through the queue would let each hold a model
            turns = self._turns_at(device)
            with turns.turn(person, tell, is_long) as step, self.pool.lease(spec, step, device) as classifier:
                return turns.compute(is_long, work, classifier, step)

        return where_it_fits(run, choose_device(), tell)

    def run_corpus(self, spec: ModelSpec, run_id: str, tell: Progress, work: Callable[[Classifier, Progress], object]):
        """`work(classifier, step)` with the model leased throughout, and the device given to others between its steps. Where the
        device's memory does not suffice `work` is called once more, on the processor, and must be fit for that.

        Whoever asks at another page is served before the next step. Raises SaliencyError, and whatever `tell` raises.
        """

        def run(device: str):
            turns = self._turns_at(device).of_a_run(run_id, tell)
            with self.pool.lease(spec, lambda stage, _: tell(stage, 0.0), device) as classifier, turns as step:
                return work(classifier, step)

        return where_it_fits(run, choose_device(), tell)

    def inspect(self, spec: ModelSpec, tell: Progress) -> Capabilities:
        """What is known of a model, which is loaded for it. Raises SaliencyError."""

        def run(device: str) -> Capabilities:
            with self.pool.lease(spec, tell, device) as classifier:
                return describe(classifier)

        return where_it_fits(run, choose_device(), tell)

    def _turns_at(self, device: str) -> DeviceTurns:
        return self._turns.setdefault(device, DeviceTurns())  # at once: two threads that come first must get the same


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
