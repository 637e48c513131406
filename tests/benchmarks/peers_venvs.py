"""Environments of the peers that can't live in the project's own: made once, under a folder, with the versions of `PINS`.

A folder that holds `ready.txt` was finished with the pins written in it; any other is made anew. What pip says when it can't is
kept as it said it.
"""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TORCH = f"torch=={version('torch').partition('+')[0]}"  # the same arithmetic on both sides
TRANSFORMERS = f"transformers=={version('transformers')}"
PINS = {  # peer → what pip is given; none: the peer lives in the project's own environment
    "ours": (),
    "captum": (),
    "shap": (),
    "ferret": (TORCH, "ferret-xai==0.4.2", "transformers==4.57.6", "numpy==1.26.4", "pyarrow==17.0.0"),  # 26 wants numpy 2
    "transformers-interpret": (TORCH, TRANSFORMERS, "transformers-interpret==0.10.0"),
    "interpreto": (TORCH, TRANSFORMERS, "interpreto==0.5.2"),
    "lit": (TORCH, TRANSFORMERS, "lit-nlp==1.3.1"),
}
LONGEST = 1800  # seconds of one installation


class NotInstalled(Exception):
    """A peer can't be had here; its text is the reason that pip gave."""


def default_folder() -> Path:
    """Where environments are kept unless asked otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "layer-saliency-peers"


def python_of(peer: str, folder: Path, may_install: bool = True) -> Path:
    """The interpreter that has the peer. Raises NotInstalled."""
    pins = PINS[peer]
    if not pins:
        return Path(sys.executable)
    home = folder / peer
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if _is_ready(home, pins):
        return python
    if not may_install:
        raise NotInstalled(f"no environment in {folder.name}/{peer}, and a quick run installs none")
    _install(home, python, pins)
    return python


def _is_ready(home: Path, pins: tuple[str, ...]) -> bool:
    note = home / "ready.txt"
    return note.is_file() and note.read_text(encoding="utf-8").split() == list(pins)


def _install(home: Path, python: Path, pins: tuple[str, ...]) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    print(f"Installing {', '.join(pins)} …", file=sys.stderr, flush=True)
    _run([sys.executable, "-m", "venv", str(home)])
    _run([str(python), "-m", "pip", "install", "--quiet", "--no-input", *pins])
    (home / "ready.txt").write_text("\n".join(pins), encoding="utf-8")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"pip was not done after {LONGEST // 60} minutes") from error
    if done.returncode:
        raise NotInstalled(reason_in(done.stderr) or f"pip ended with {done.returncode} and said nothing")


def reason_in(stderr: str) -> str:
    """The line that says what went wrong: pip's first `ERROR:`, else a traceback's last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors[0] if errors else lines[-1] if lines else "")[:240]
