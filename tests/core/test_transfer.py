"""While a model comes from the hub: cuts, damage, a full disk, and people who leave. Nothing half done counts as done."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.core.hub_client import refusal, same

WEIGHTS = "model.safetensors"


def _unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob("*.incomplete"))


def test_a_cut_connection_is_taken_up_where_it_broke(hub, repo, model, ask):
    hub.add(repo, model)
    hub.cuts = [40_000, 30_000]
    answer = ask(model=repo)
    size = (model / WEIGHTS).stat().st_size
    asked = hub.downloads(WEIGHTS)
    assert [one.headers["range"] for one in asked] == ["", "bytes=40000-", "bytes=70000-"]
    assert sum(one.sent for one in asked) == size and same(answer["weights"][0], model / WEIGHTS)


def test_after_giving_up_the_next_load_goes_on(hub, repo, model, ask, folder_of):
    hub.add(repo, model)
    hub.cuts = [40_000] + [0] * 10
    assert "kept" in refusal(ask(model=repo))
    assert [file.stat().st_size for file in _unfinished(folder_of(repo))] == [40_000]
    assert "not all of it" in refusal(ask({"HF_HUB_OFFLINE": "1"}, model=repo))
    hub.cuts.clear()
    hub.asked.clear()
    answer = ask(model=repo)
    (last,) = hub.downloads(WEIGHTS)
    assert last.headers["range"] == "bytes=40000-" and last.sent == (model / WEIGHTS).stat().st_size - 40_000
    assert same(answer["weights"][0], model / WEIGHTS) and not _unfinished(folder_of(repo))
    assert not [one for one in hub.asked if one.path.endswith("tokenizer.json")]  # small files were here already


def test_an_update_that_breaks_off_leaves_the_old_commit_in_use(hub, repo, model, family_of, ask):
    hub.add(repo, family_of("bert-headless").path)
    old = ask(model=repo)
    hub.add(repo, model)
    hub.cuts = [40_000] + [0] * 10
    kept = ask(model=repo)
    assert kept["revision"] == old["revision"] and kept["weights"] == old["weights"] and "cache" in kept["source"]
    hub.cuts = []
    assert ask(model=repo)["revision"] == hub.commit(repo) != old["revision"]


def test_leaving_stops_the_download_and_keeps_what_came(hub, repo, model, ask, folder_of):
    hub.add(repo, model)
    hub.seconds_per_block = 0.2
    assert ask(model=repo, leave_at=0.3)["left"]
    (partial,) = _unfinished(folder_of(repo))
    had = partial.stat().st_size
    assert 0 < had < (model / WEIGHTS).stat().st_size
    assert "not all of it" in refusal(ask({"HF_HUB_OFFLINE": "1"}, model=repo))
    hub.seconds_per_block = 0
    hub.asked.clear()
    answer = ask(model=repo)
    assert [one.headers["range"] for one in hub.downloads(WEIGHTS)] == [f"bytes={had}-"]
    assert same(answer["weights"][0], model / WEIGHTS)


def test_nobody_waits_for_a_silent_server(hub, repo, model, ask):
    hub.add(repo, model)
    hub.seconds_per_block = 30
    answer = ask(model=repo, leave_at=0)
    assert answer["left"] and answer["seconds"] < 8  # of which most is the small files


def test_a_killed_program_leaves_nothing_that_looks_complete(hub, repo, model, start, ask, folder_of):
    hub.add(repo, model)
    hub.seconds_per_block = 0.3
    program = start()
    program.stdin.write(json.dumps({"model": repo}) + "\n")
    while not hub.downloads(WEIGHTS) or hub.downloads(WEIGHTS)[0].sent < 40_000:
        assert program.poll() is None
    program.kill()
    program.communicate()
    assert not list(folder_of(repo).rglob(WEIGHTS))
    assert "not all of it" in refusal(ask({"HF_HUB_OFFLINE": "1"}, model=repo))
    hub.seconds_per_block = 0
    answer = ask(model=repo)
    assert hub.downloads(WEIGHTS)[-1].headers["range"].startswith("bytes=") and same(answer["weights"][0], model / WEIGHTS)


def test_a_server_that_ignores_ranges_is_read_from_the_start(hub, repo, model, ask):
    hub.add(repo, model)
    hub.ignores_ranges = True
    hub.cuts = [40_000]
    assert same(ask(model=repo)["weights"][0], model / WEIGHTS)
    assert hub.downloads(WEIGHTS)[1].headers["range"] and hub.downloads(WEIGHTS)[1].sent == (model / WEIGHTS).stat().st_size


def test_damaged_bytes_are_thrown_away(hub, repo, model, ask, folder_of):
    hub.add(repo, model)
    hub.damaged = {WEIGHTS}
    sentence = refusal(ask(model=repo))
    assert "damaged" in sentence and WEIGHTS in sentence
    assert not _unfinished(folder_of(repo)) and not list(folder_of(repo).rglob(WEIGHTS))
    hub.damaged = set()
    assert same(ask(model=repo)["weights"][0], model / WEIGHTS)


def test_a_partial_file_of_other_bytes_is_found_out(hub, repo, model, ask, folder_of):
    """What an earlier program left may be anything: the checksum of the whole decides."""
    hub.add(repo, model)
    blobs = folder_of(repo) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{hashlib.sha256((model / WEIGHTS).read_bytes()).hexdigest()}.incomplete").write_bytes(b"x" * 1000)
    assert "damaged" in refusal(ask(model=repo))
    assert same(ask(model=repo)["weights"][0], model / WEIGHTS)


def test_two_programs_download_one_file_once(hub, repo, model, start):
    hub.add(repo, model)
    hub.seconds_per_block = 0.1
    both = [start() for _ in range(2)]
    for program in both:
        program.stdin.write(json.dumps({"model": repo}) + "\n")
    answers = [json.loads(program.stdout.readline()) for program in both]
    assert all(same(answer["weights"][0], model / WEIGHTS) for answer in answers)
    assert len(hub.downloads(WEIGHTS)) == 1


def test_a_full_disk_is_arefusal(hub, repo, model, ask, folder_of):
    hub.add(repo, model)
    sentence = refusal(ask(model=repo, spare=2**60))
    assert "MB free" in sentence and "HF_HOME" in sentence and not hub.downloads(WEIGHTS)
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full, the device on which no byte fits")
    blobs = folder_of(repo) / "blobs"
    (blobs / f"{hashlib.sha256((model / WEIGHTS).read_bytes()).hexdigest()}.incomplete").symlink_to("/dev/full")
    assert "disk filled up" in refusal(ask(model=repo))
    assert not list(folder_of(repo).rglob(WEIGHTS))
