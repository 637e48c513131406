"""Where calibrations are kept: beside an embedded model, and in a folder of the person who measured their own. No torch.

Figures only, never texts. A file that is broken or was made for other weights is left alone and told of in a sentence.
"""

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from core.calibration import Calibration, by_key, from_json, to_json
from core.catalog import EMBEDDED
from core.errors import ModelError, ReportError
from core.methods import METHODS
from core.model_spec import ModelSpec

HOME_VARIABLE = "LAYER_SALIENCY_HOME"
SHIPPED = "calibration.json"
LARGEST = 1_000_000  # bytes; a file of figures takes some ten thousand
SAFE_NAME = 60  # characters of a model's name in a file's name


def home() -> Path:
    """The person's own folder: $LAYER_SALIENCY_HOME, else below the platform's folder for what can be made again."""
    if named := os.environ.get(HOME_VARIABLE, "").strip():
        return Path(named).expanduser()
    user = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or user / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = user / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or user / ".cache")
    return cache / "layer-saliency"


def file_of(model: str, revision: str) -> Path:
    """Where the person's own calibrations of one revision of one model lie: one file, whatever the model's name holds."""
    digest = hashlib.sha256(f"{model}\0{revision}".encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", model)[-SAFE_NAME:].strip("-")
    return home() / "calibration" / f"{readable}-{digest}.json"


def store(calibrations: Iterable[Calibration]) -> Path:
    """Keep calibrations of ONE revision of one model, beside those of other methods there; the file they are in. Raises OSError."""
    new = by_key(calibrations)
    file = file_of(*next((one.model, one.revision) for one in new.values()))
    try:
        known = by_key(_read(file)) if file.is_file() else {}
    except ModelError:
        known = {}  # broken: what is new replaces it
    write(file, (known | new).values())
    return file


def write(file: Path, calibrations: Iterable[Calibration]) -> None:
    """Write a file of calibrations whole or not at all: another process may be reading it. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(to_json(calibrations))
        os.chmod(draft, 0o644)  # mkstemp's own lets nobody else read what ships with the project
        os.replace(draft, file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def stored_calibrations(spec: ModelSpec, revision: str, head: str, n_states: int) -> tuple[dict[str, Calibration], str]:
    """What is known of a model with `n_states` (L) layer states and this language-model head: calibrations by key, the
    person's own before those shipped, and why a file was not used, in sentences (empty: none was refused)."""
    # No other folder's file is read: its words would reach the page, and anybody may have written them.
    shipped = [spec.path / SHIPPED] if spec.path is not None and spec.path.parent == EMBEDDED else []
    found: dict[str, Calibration] = {}
    refusals: list[str] = []
    for file in (*shipped, file_of(spec.name, revision)):
        try:
            if file.is_file():
                found |= by_key(one for one in _read(file) if _serves(one, file, revision, head, n_states))
        except (ModelError, OSError) as error:
            refusals.append(str(error))
    return found, " ".join(refusals)


def _read(file: Path) -> tuple[Calibration, ...]:
    try:
        if file.stat().st_size > LARGEST:
            raise ReportError(f"It is larger than {LARGEST:,} bytes. Calibrate again.")
        return from_json(file.read_text(encoding="utf-8", errors="replace"))
    except ReportError as error:
        raise ModelError(f"The calibration in {file.name} is not used. {error}") from error


def _serves(one: Calibration, file: Path, revision: str, head: str, n_states: int) -> bool:
    """Whether it was measured with this language-model head, if it needs one. Raises ModelError where it is of other weights."""
    if one.revision != revision or len(one.phi) != n_states:
        raise ModelError(
            f"The calibration in {file.name} is not used: it was made for revision {one.revision} with {len(one.phi)} layer states, "
            f"and the model is at {revision} with {n_states}. Calibrate again."
        )
    return not METHODS[one.method].needs_head or one.head == head
