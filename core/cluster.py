"""The same run on more than one machine: chunks go to the workers of a Ray cluster, and the same files come of them.

Only this file imports Ray, and only when it is asked for. One dataset of Ray Data streams through the cluster: a task beside
the driver reads the file (`Feed`), one block a chunk; actors with a model each analyse them (`Worker`), a GPU or a core
apiece; the driver writes what they send, in whatever order it comes, and hands it on in the order of the chunks, reading
chunk files back, so that it never holds more than a few.

What is under way is bounded by number, which Ray Data's own back-pressure, in bytes of object store, can't promise: the task
that reads waits for the files of the chunks that it has sent.

A worker that dies is started again, there or on another machine, and what it was given is begun again, TRIES times at most: a
text that kills its worker must not go on doing so. They are counted (`Tries`), for Ray's own count of retries is used up by
calls that a lost machine doesn't answer. Machines may leave and join, but for the driver's. No torch.
"""

from __future__ import annotations

import copy
import logging
import os
import re
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cluster_feed import Feed, Tries
from core.corpus.clock import Clock
from core.corpus.records import RowRefused, RowResult
from core.corpus.store import Manifest, chunk_path, chunks_done, read_chunk, write_whole
from core.errors import SaliencyError, quoted
from core.model_spec import ModelSpec
from core.progress import Progress
from core.tables.format import Limits
from core.tables.source import Source

if TYPE_CHECKING:
    from core.models import Classifier

REQUIREMENTS = "core/requirements-cluster.txt"
PER_WORKER = 2  # chunks given to a worker at once: the next is there when one is done
SPARE = 1  # chunks for every worker that may wait besides, read or to be written
TRIES = 5  # of a chunk whose workers die
CLIENT = "ray://"
KEPT = "What was done is kept: go on with --resume, on a cluster or without."
ENDS_TRACEBACK = re.compile(r"(?!ray\.)[\w.]+(Error|Exception)\b")
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # it would report to its makers
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else it warns that this will be so
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}


class ClusterError(SaliencyError):
    """There is no Ray, no cluster, or the cluster can't do the work."""


@contextmanager
def on_cluster(address: str | None = None, in_flight: int | None = None, worker: type | None = None) -> Iterator[Cluster]:
    """What `start_run` and `resume_run` take as `engine`, while it lasts: the cluster at the address (`auto`, `host:port`), or
    with None one of this machine alone, which ends with it. A program that has connected to Ray itself keeps its connection.

    `in_flight`: the most chunks under way; None: PER_WORKER + SPARE for every worker. `worker`: a class like `Worker`.
    ClusterError where there is no Ray or no cluster.
    """
    ray = _import_ray()
    is_mine = not ray.is_initialized()
    if is_mine:
        _connect(ray, address)
    try:
        yield Cluster(in_flight, worker)
    finally:
        if is_mine:
            ray.shutdown()


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to, as the engine of a run."""

    in_flight: int | None = None
    worker: type | None = None

    def fit(self, manifest: Manifest, classifier: Classifier) -> Manifest:
        """The run as its workers' devices would have it: on GPUs a batch holds more tokens than on the driver's processor."""
        if not _has_gpus():
            return manifest
        import ray

        from core.cluster_worker import measure_device

        try:
            measure = ray.remote(num_gpus=1, max_retries=TRIES)(measure_device)
            device, budget = ray.get(measure.remote(_pinned(classifier), _device(), manifest.dtype))
        except ray.exceptions.RayError as error:
            raise _told(error) from error
        plan = manifest.plan
        return replace(manifest, device=device, plan=replace(plan, token_budget=plan.settings.token_budget or budget))

    def chunks(
        self, folder: Path, classifier: Classifier, source: Source, manifest: Manifest, limits: Limits, tell: Progress
    ) -> Generator[list[RowResult | RowRefused], None, None]:
        """As `core.corpus.run.Engine.chunks`; `tell` is called when a chunk is written."""
        if source.path is not None:  # a task has another working folder
            source = replace(source, path=source.path.resolve())
        feed = Feed(folder.resolve(), source, manifest, limits, frozenset(chunks_done(folder)), partial(_most, self.in_flight))
        given = 0
        for _ in chain([None], self._written(feed, classifier, tell)):  # those that were done before need not wait for one
            while chunk_path(folder, given).exists():
                yield read_chunk(folder, given, manifest).rows
                given += 1
        if given < manifest.n_chunks:
            raise ClusterError(f"The cluster gave back no chunk {given} of {manifest.n_chunks}. {KEPT}")

    def _written(self, feed: Feed, classifier: Classifier, tell: Progress) -> Iterator[int]:
        """Index of every chunk that isn't done, as they are written."""
        manifest, size = feed.manifest, feed.manifest.plan.settings.chunk_rows
        clock, n_rows = Clock(manifest.n_rows), [min(size, manifest.n_rows - at) for at in range(0, manifest.n_rows, size)]
        clock.skip(sum(n_rows[index] for index in feed.done))
        with closing(self._results(feed, classifier)) as results:
            for index, content in results:
                write_whole(chunk_path(feed.folder, index), content)
                clock.add(n_rows[index])
                clock.within(0, tell)("", 0.0)
                yield index

    def _results(self, feed: Feed, classifier: Classifier) -> Generator[tuple[int, bytes], None, None]:
        """(index, content of its file) of every chunk that isn't done, as they come."""
        if len(feed.done) == feed.manifest.n_chunks:
            return
        from core.cluster_worker import Worker  # torch comes with it, which the task that reads need not load

        try:
            about = _pinned(classifier), _device(), feed.manifest, classifier.calibrations
            stream = _dataset(feed, self.worker or Worker, about)
            with closing(iter(stream.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0))) as batches:
                for row in (row for batch in batches for row in batch.to_pylist()):
                    if row["error"]:
                        raise ClusterError(row["error"])
                    yield row["index"], row["content"]
        except SaliencyError:
            raise
        except Exception as error:  # its own errors, those of its executor and those of the system share no class
            raise _told(error) from error


def _dataset(feed: Feed, worker: type, about: tuple[Any, ...]) -> Any:
    """The stream of tables (index, content, error) that the workers, made of what they must know, give."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext, from_items

    context = copy.deepcopy(DataContext.get_current())
    context.target_max_block_size = 1  # a block for every row, and a row is a chunk
    context.enable_progress_bars = context.print_on_execution_start = False
    context.execution_no_progress_timeout_s = -1  # a machine that is to join may take its time
    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}  # where the file and the run folder lie
    tries = ray.remote(num_cpus=0, label_selector=here)(Tries).remote()
    with DataContext.current(context), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how restarts and retries are said will change with Ray 2.64
        stream = from_items([{"start": 0}]).map_batches(feed, batch_size=None, num_cpus=0, label_selector=here)
        return stream.map_batches(
            worker, fn_constructor_args=(*about, partial(_begin, tries)), batch_size=1, batch_format="pyarrow", num_cpus=1, num_gpus=int(_has_gpus()),
            compute=ActorPoolStrategy(min_size=1, initial_size=n_workers(), max_tasks_in_flight_per_actor=PER_WORKER),
            max_restarts=-1, max_task_retries=-1,
        )  # fmt: skip


def _begin(tries: Any, index: int) -> None:
    """ClusterError where a chunk was begun too often: its workers died."""
    import ray

    if ray.get(tries.begin.remote(index)) > TRIES:
        raise ClusterError(
            f"Chunk {index} was begun {TRIES} times, and each time the worker died: for want of memory, if nobody stopped it. "
            f"Give workers more memory, or the run a smaller --token-budget. {KEPT}"
        )


def n_workers() -> int:
    """Workers that the cluster has room for now: one a GPU, or one a core where there is no GPU."""
    import ray

    return max(1, int(ray.cluster_resources().get("GPU" if _has_gpus() else "CPU", 0)))


def _most(in_flight: int | None) -> int:
    """Chunks that may be under way."""
    return in_flight or (PER_WORKER + SPARE) * n_workers()


def _has_gpus() -> bool:
    import ray

    return ray.cluster_resources().get("GPU", 0) >= 1


def _device() -> str:
    """Where a worker's model runs: on the GPU that Ray gives it, where it gives any."""
    return "auto" if _has_gpus() else "cpu"


def _pinned(classifier: Classifier) -> ModelSpec:
    """What a worker loads: of a branch of the hub the very commit that the driver has read."""
    return classifier.spec if classifier.spec.repo is None else replace(classifier.spec, revision=classifier.revision)


def _import_ray() -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError:
        raise ClusterError(
            f"--engine ray needs Ray, which is not installed. Install it (pip install -r {REQUIREMENTS}), or leave out --engine."
        ) from None
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what goes wrong is told in sentences
    return ray


def _connect(ray: Any, address: str | None) -> None:
    if address is not None and address.startswith(CLIENT):
        raise ClusterError(
            f"{quoted(address)} is for clients outside of a cluster, and the run must start on one of its machines, "
            "for the file is read there. Log in to one and give --address auto."
        )
    alone = {"include_dashboard": False} if address is None else {}
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **alone)
    except Exception as error:
        raise ClusterError(
            f"There is no Ray cluster at {quoted(address or 'this machine')}: {_reason(error)} "
            "Start one there (ray start --head), or leave out --address."
        ) from error


def _told(error: Exception) -> ClusterError:
    return ClusterError(f"The cluster can't go on with the run: {_reason(error)} {KEPT}")


def _reason(error: Exception) -> str:
    """What an error of Ray's says, in one line: what a traceback in it ends with, or its first line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line for line in reversed(lines) if ENDS_TRACEBACK.match(line)), lines[0])[:300].rstrip(".") + "."
