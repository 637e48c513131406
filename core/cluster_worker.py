"""What runs on a machine of the cluster: one model, and the chunks that it is given. No Ray: it only calls this."""

from collections.abc import Callable
from dataclasses import replace
from socket import gethostname
from typing import Any

from core.calibration import Calibration
from core.corpus.batches import Room, choose_budget
from core.corpus.chunks import read_items
from core.corpus.run import analyse_items
from core.corpus.store import Manifest, encode_chunk
from core.errors import ModelError, SaliencyError, quoted
from core.model_spec import ModelSpec
from core.models import Classifier, load_classifier
from core.progress import silent


class Worker:
    """One model, and the chunks that it is given. It is loaded with the first of them, so that why it can't be is an answer like
    others: a constructor that fails would be tried again for ever."""

    def __init__(
        self, spec: ModelSpec, device: str, manifest: Manifest, calibrations: dict[str, Calibration], begin: Callable[[int], None]
    ):
        self.spec, self.device, self.manifest, self.calibrations, self.begin = spec, device, manifest, calibrations, begin
        self.classifier: Classifier | None = None
        self.room = Room(manifest.plan.token_budget)

    def __call__(self, chunk: Any) -> Any:
        """A table of one row, (index, rows) → a table of one row, (index, content of the chunk's file, what went wrong)."""
        import pyarrow as pa

        [given] = chunk.to_pylist()
        content, error = b"", ""
        try:
            self.begin(given["index"])
            self.classifier = self.classifier or self._load()
            rows = analyse_items(self.classifier, read_items(given["rows"]), self.manifest.plan, silent, self.room)
            content = encode_chunk(given["index"], rows, self.room.tokens)
        except SaliencyError as refused:
            error = f"The worker on {gethostname()} can't go on. {refused}"
        return pa.table({"index": [given["index"]], "content": pa.array([content], pa.large_binary()), "error": [error]})

    def _load(self) -> Classifier:
        classifier = load_classifier(self.spec, self.device, self.manifest.dtype)
        manifest, found = self.manifest, (classifier.revision, classifier.lm_source)
        if found != (manifest.revision, manifest.head):
            raise ModelError(
                f"It finds other weights for {quoted(self.spec.name)} than the run began with: {_tell(*found)}, not "
                f"{_tell(manifest.revision, manifest.head)}. Give every machine the same files of the model."
            )
        return replace(classifier, calibrations=self.calibrations)


def measure_device(spec: ModelSpec, device: str, dtype: str) -> tuple[str, int]:
    """(device, tokens of a batch) of a worker."""
    classifier = load_classifier(spec, device, dtype)
    return classifier.device, choose_budget(classifier)


def _tell(revision: str, head: str) -> str:
    return f"revision {quoted(revision)} with {'the head of ' + quoted(head) if head else 'no head'}"
