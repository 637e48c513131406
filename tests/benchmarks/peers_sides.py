"""A contestant as `peers.py` sees it: a process that answers orders (`peer_worker.py`), or the reason why there is none."""

import json
import os
import select
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.catalog import CATALOG
from tests.benchmarks.peers_venvs import NotInstalled, python_of, reason_in

ROOT = Path(__file__).resolve().parents[2]
MODEL = "sentiment"
QUIET = {"OMP_WAIT_POLICY": "passive", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}  # one at a time computes
LONGEST = 600  # seconds of one order, or of a start


class Refused(Exception):
    """A contestant did not do what it was asked to; its text is the reason that it gave."""


class Contestant:
    """One peer in a process of its own, with the embedded model and as many threads as the others."""

    def __init__(self, peer: str, folder: Path, threads: int, may_install: bool = True):
        """Starts it. Raises Refused where the peer can't be installed or does not start."""
        self.peer = peer
        try:
            python = python_of(peer, folder, may_install)
        except NotInstalled as error:
            raise Refused(f"not installed: {error}") from error
        self.said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 — closed with the process
        command = [str(python), "-m", "tests.benchmarks.peer_worker", peer, str(CATALOG[MODEL].path), str(threads)]
        env = os.environ | QUIET | {"OMP_NUM_THREADS": str(threads)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.said}
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, bufsize=1, **pipes)
        hello = self._answer()
        self.versions: dict[str, str] = hello["versions"]
        self.methods: list[str] = hello["methods"]

    def ask(self, do: str, method: str, text: str, target: int) -> dict[str, Any]:
        """The answer to one order. Raises Refused."""
        if self.process.poll() is not None:
            raise Refused("its process had ended before")
        with suppress(BrokenPipeError):  # it ends this moment: why, is told below
            self.process.stdin.write(json.dumps({"do": do, "method": method, "text": text, "target": target}) + "\n")
        answer = self._answer()
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def _answer(self) -> dict[str, Any]:
        ready, _, _ = select.select([self.process.stdout], [], [], LONGEST)
        if not ready:
            self.close()
            raise Refused(f"no answer within {LONGEST} s")
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            self.said.seek(0)
            raise Refused(reason_in(self.said.read()) or f"its process ended with {code} and said nothing")
        return json.loads(line)

    def close(self) -> None:
        """End its process."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.said):
            with suppress(BrokenPipeError):
                pipe.close()
