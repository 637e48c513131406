"""A run on a cluster gives what a run here gives, whatever is lost on the way: two Ray nodes on this machine."""

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from core.__main__ import main
from core.cluster import TRIES, ClusterError, _begin, on_cluster
from core.cluster_feed import Feed, Tries
from core.corpus.chunks import read_items, write_items
from core.corpus.records import RowResult
from core.corpus.run import resume_run, start_run
from core.corpus.store import CHUNKS, LOCK, SUMMARY, chunk_path, chunks_done, read_chunks, read_manifest
from core.tables.format import SHELL_LIMITS
from core.tables.texts import RefusedRow, TextRow
from tests.core.corpus_runs import settings_of, write_reviews

ROOT = Path(__file__).resolve().parents[2]
N_CHUNKS = 12
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}


class Halt(BaseException):
    """Raised by whoever is told."""


@pytest.fixture(scope="module")
def tiny(classifier_of):
    return classifier_of("bert")


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    """(file, folder) of a run of 12 chunks in this process."""
    place = tmp_path_factory.mktemp("whole")
    source = write_reviews(place / "reviews.csv", 8 * N_CHUNKS)
    start_run(place / "run", tiny, source, settings_of(), SHELL_LIMITS)
    return source, place / "run"


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each; the driver is on the first."""
    pytest.importorskip("ray", reason="Ray is an extra: core/requirements-cluster.txt")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    nodes.add_node(**NODE)
    yield nodes
    nodes.shutdown()


def copyist(finished: Path, log: Path, seconds: float = 0.3) -> type:
    """A worker that needs no model: its chunks are those of a finished run, and each takes some time. It notes what it begins."""

    class Copyist:
        def __init__(self, *_):
            pass

        def __call__(self, chunk):
            import pyarrow as pa
            import ray

            [index] = chunk["index"].to_pylist()
            node = ray.get_runtime_context().get_node_id()
            (log / f"{index}-{os.getpid()}-{node}").touch()
            time.sleep(seconds)
            content = (finished / CHUNKS / f"{index:06d}.parquet").read_bytes()
            return pa.table({"index": [index], "content": pa.array([content], pa.large_binary()), "error": [""]})

    return Copyist


def notes(log: Path) -> list[tuple[int, int, str]]:
    """(chunk, process, node) of everything that was begun."""
    return [(int(index), int(process), node) for index, process, node in (path.name.split("-") for path in log.iterdir())]


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Everything that a finished run wrote."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def test_a_run_on_two_nodes_is_the_run_here_to_the_byte_although_a_worker_is_killed(cluster, tiny, whole, tmp_path):
    from core.cluster_worker import Worker

    source, folder = whole
    (tmp_path / "log").mkdir()

    class Noting(Worker):
        log = tmp_path / "log"

        def __call__(self, chunk):
            (self.log / f"{chunk['index'].to_pylist()[0]}-{os.getpid()}-here").touch()
            time.sleep(0.2)  # so that there is a middle to be killed in
            return super().__call__(chunk)

    killed = []

    def tell(stage, share):
        if share >= 0.25 and not killed:
            _, process, _ = max(notes(tmp_path / "log"))  # at work on the chunk that began last
            os.kill(process, signal.SIGKILL)
            killed.append(process)

    with on_cluster(cluster.address, worker=Noting) as engine:
        summary = start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS, tell, engine)
    workers = {process for _, process, _ in notes(tmp_path / "log")}
    assert killed and len(workers) >= 2 and summary.n_rows == 8 * N_CHUNKS
    assert [row.number for row in read_chunks(tmp_path / "run")] == list(range(1, 8 * N_CHUNKS + 1))
    for mine, theirs in zip(read_chunks(folder), read_chunks(tmp_path / "run")):
        assert type(mine) is type(theirs)
        if isinstance(mine, RowResult):
            assert mine.predicted == theirs.predicted and abs(mine.scores - theirs.scores).max() <= 1e-5 * max(
                1.0, abs(mine.scores).max()
            )
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


def test_a_node_is_lost_and_another_joins(cluster, tiny, whole, tmp_path):
    source, folder = whole
    (tmp_path / "log").mkdir()
    other = next(node for node in cluster.list_all_nodes() if node is not cluster.head_node)
    came = []

    def wait_for_work_on(node: str) -> None:
        end = time.monotonic() + 60
        while node not in {at for _, _, at in notes(tmp_path / "log")}:
            assert time.monotonic() < end, "no chunk was begun there"
            time.sleep(0.05)

    def tell(stage, share):
        if share >= 0.15 and not came:
            wait_for_work_on(other.node_id)
            cluster.remove_node(other, allow_graceful=False)
            came.append(cluster.add_node(**NODE).node_id)
            wait_for_work_on(came[0])

    with on_cluster(cluster.address, worker=copyist(folder, tmp_path / "log")) as engine:
        start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS, tell, engine)
    assert came and bytes_of(tmp_path / "run") == bytes_of(folder)


def test_no_more_chunks_are_under_way_than_is_allowed(cluster, tiny, whole, tmp_path):
    """A slow driver holds two fast workers back."""
    source, folder = whole
    (tmp_path / "log").mkdir()
    ahead = []

    def tell(stage, share):
        if stage.startswith("Row"):
            time.sleep(0.2)
            ahead.append(len({index for index, _, _ in notes(tmp_path / "log")}) - len(chunks_done(tmp_path / "run")))

    with on_cluster(cluster.address, in_flight=3, worker=copyist(folder, tmp_path / "log", 0.0)) as engine:
        start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS, tell, engine)
    assert len(ahead) == N_CHUNKS and 0 < max(ahead) <= 3, ahead
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


def test_a_run_is_cancelled_on_the_cluster_and_goes_on_here(cluster, tiny, whole, tmp_path):
    source, folder = whole
    (tmp_path / "log").mkdir()

    def tell(stage, share):
        if share >= 0.3:
            raise Halt

    with on_cluster(cluster.address, worker=copyist(folder, tmp_path / "log")) as engine, pytest.raises(Halt):
        start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS, tell, engine)
    assert 4 <= len(chunks_done(tmp_path / "run")) < N_CHUNKS and not (tmp_path / "run" / SUMMARY).exists()
    resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS)
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


def test_a_run_from_the_shell_goes_on_on_the_cluster(cluster, tiny, whole, tmp_path, monkeypatch, capsys):
    source, folder = whole
    (tmp_path / "log").mkdir()
    monkeypatch.setattr("core.cluster_worker.Worker", copyist(folder, tmp_path / "log", 0.0))
    shutil.copytree(folder, tmp_path / "run")
    lost = (0, 3, N_CHUNKS - 1)
    for path in (tmp_path / "run" / SUMMARY, *(chunk_path(tmp_path / "run", index) for index in lost)):
        path.unlink()
    asked = ["--file", str(source.path), "--model", tiny.spec.name, "--out", str(tmp_path / "run"), "--resume"]
    assert main([*asked, "--engine", "ray", "--address", cluster.address]) == 0, capsys.readouterr().err
    assert {index for index, _, _ in notes(tmp_path / "log")} == set(lost), "what was done is not done again"
    assert bytes_of(tmp_path / "run") == bytes_of(folder)
    assert main([*asked, "--address", "auto"]) == 2 and "Give --engine ray too" in capsys.readouterr().err


def test_what_a_worker_can_not_do_is_a_sentence(cluster, tiny, whole, tmp_path):
    source, _ = whole

    class Refusing:
        def __init__(self, *_):
            pass

        def __call__(self, chunk):
            import pyarrow as pa

            return pa.table(
                {"index": chunk["index"], "content": pa.array([b""], pa.large_binary()), "error": ["It finds no model."]}
            )

    class Failing(Refusing):
        def __call__(self, chunk):
            raise KeyError("of its own")

    for worker, told in ((Refusing, "It finds no model."), (Failing, "can't go on with the run: .*KeyError.*--resume")):
        with on_cluster(cluster.address, worker=worker) as engine, pytest.raises(ClusterError, match=told):
            start_run(tmp_path / worker.__name__, tiny, source, settings_of(), SHELL_LIMITS, engine=engine)


def test_a_chunk_that_kills_its_workers_is_given_up(cluster):
    from ray import remote

    with on_cluster(cluster.address):
        tries = remote(num_cpus=0)(Tries).remote()
        for _ in range(TRIES):
            _begin(tries, 3)
        _begin(tries, 4)
        with pytest.raises(ClusterError, match="Chunk 3 was begun 5 times.*--token-budget.*--resume"):
            _begin(tries, 3)


def test_a_worker_refuses_other_weights_than_the_drivers(tiny, classifier_of, whole):
    import pyarrow as pa

    from core.cluster_worker import Worker

    chunk = pa.table({"index": [0], "rows": [write_items([TextRow(1, "a dull film")])]})
    [told] = Worker(classifier_of("electra").spec, "cpu", read_manifest(whole[1]), {}, lambda index: None)(chunk)[
        "error"
    ].to_pylist()
    assert "other weights" in told and "same files" in told


def test_a_feed_waits_for_the_files_of_what_it_gave(tiny, whole, tmp_path):
    source, folder = whole
    (tmp_path / CHUNKS).mkdir()
    most, given = [2], []

    def read():
        for table in Feed(tmp_path, source, read_manifest(folder), SHELL_LIMITS, frozenset({1}), lambda: most[0])():
            given.append(table["index"].to_pylist()[0])

    def settles_at(expected: list[int]) -> bool:
        end = time.monotonic() + 10
        while len(given) < len(expected) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.2)
        return given == expected

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert settles_at([0, 2])
    chunk_path(tmp_path, 2).touch()
    assert settles_at([0, 2]), "the oldest is still under way"
    chunk_path(tmp_path, 0).touch()
    assert settles_at([0, 2, 3, 4])
    most[0] = N_CHUNKS
    assert settles_at([0, *range(2, N_CHUNKS)])
    reader.join(5)
    assert not reader.is_alive()


def test_rows_go_to_other_machines_and_back(whole):
    items = [TextRow(1, "a \ud83c half, “quoted”\n\0", None, "1", "r1"), RefusedRow(2, "Its text is empty.")]
    assert read_items(write_items(items)) == items and write_items(items).isascii()


def test_without_ray_or_a_cluster_it_is_a_sentence(whole, tiny, tmp_path, monkeypatch, capsys):
    source, _ = whole
    asked = [
        "--file",
        str(source.path),
        "--text-column",
        "text",
        "--model",
        tiny.spec.name,
        "--out",
        str(tmp_path / "run"),
        "--engine",
        "ray",
    ]
    assert main([*asked, "--address", "ray://somewhere:10001"]) == 2
    assert "Log in to one" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    assert main(asked) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "pip install -r core/requirements-cluster.txt" in told and not (tmp_path / "run").exists()


def test_the_pin_of_the_tests_is_that_of_the_extra():
    pins = [
        {line.split()[0] for line in (ROOT / place).read_text().splitlines() if line.startswith("ray")}
        for place in ("core/requirements-cluster.txt", "tests/requirements.txt")
    ]
    assert pins[0] == pins[1] != set()
