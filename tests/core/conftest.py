"""A hub of the tests' own and programs that ask it, shared by the tests of core/hub.py."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.hub_server import HubServer

PROJECT = Path(__file__).resolve().parents[2]


def order(program: subprocess.Popen, **wanted) -> dict:
    """Give a running program one order and wait for what came of it."""
    program.stdin.write(json.dumps(wanted) + "\n")
    answer = program.stdout.readline()
    assert answer, f"the program ended with {program.wait()}"
    return json.loads(answer)


@pytest.fixture(scope="module")
def server():
    with HubServer() as running:
        yield running


@pytest.fixture
def hub(server):
    """The hub, knowing nothing yet."""
    server.reset()
    return server


@pytest.fixture
def repo(request):
    """An id that no other test has, as they share a cache."""
    return f"org/{hashlib.sha1(request.node.name.encode()).hexdigest()[:12]}"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """HF_HOME of all programs here."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def folder_of(home):
    """`folder_of(repo)`: its place in the cache."""
    return lambda repo: home / "hub" / f"models--{repo.replace('/', '--')}"


@pytest.fixture
def model(family_of, tmp_path):
    """A copy of the BERT folder, with what a repository of the hub holds besides."""
    folder = shutil.copytree(family_of("bert").path, tmp_path / "model")
    (folder / "README.md").write_text("---\nbase_model: org/base\n---\n")
    for name in (
        "pytorch_model.bin",
        "tf_model.h5",
        "flax_model.msgpack",
        "training_args.bin",
        "onnx/model.onnx",
        "onnx/model.safetensors",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not wanted")
    return folder


@pytest.fixture(scope="module")
def start(server, home):
    """`start(environment)` begins a fresh program that takes orders."""
    running = []

    def begin(environment=None) -> subprocess.Popen:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HF_", "LAYER_SALIENCY", "TRANSFORMERS_OFFLINE"))
        }
        ours = {"HF_ENDPOINT": server.endpoint, "HF_HOME": str(home), "OMP_NUM_THREADS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        command = [sys.executable, "-m", "tests.core.hub_client"]
        program = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=kept | ours | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        running.append(program)
        return program

    yield begin
    for program in running:
        program.kill()
        program.communicate()


@pytest.fixture(scope="module")
def ask(start):
    """`ask(environment, model="org/name", …)`: what came of one load; programs of the same environment are started once."""
    programs = {}

    def wait(environment=None, **wanted) -> dict:
        key = json.dumps(environment)
        if key not in programs:
            programs[key] = start(environment)
        return order(programs[key], **wanted)

    return wait
