"""Which models may be named here: every one of the hub or only the catalog's, and folders below one root or anywhere."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ModelError, quoted

MODELS_VARIABLE = "LAYER_SALIENCY_MODELS"
ROOT_VARIABLE = "LAYER_SALIENCY_MODEL_ROOT"
DEEPEST = 5  # folders below the root that a listing looks into: a hub cache holds its models four deep
MOST_VISITED = 2000
MOST_LISTED = 200
WEIGHTS = (".safetensors", ".bin")


@dataclass(frozen=True)
class Policy:
    """What a person may name as a model."""

    catalog_only: bool = False
    """Only the models of the catalog, with their own heads; no pickled weights, no folders."""
    root: Path | None = None
    """The one folder below which model folders may lie, resolved; None: see `any_folder`."""
    any_folder: bool = False
    """Without a root: whether any folder of this machine may be named."""

    @classmethod
    def from_environment(cls) -> "Policy":
        """What the pages keep to: LAYER_SALIENCY_MODELS ("catalog" or "any") and LAYER_SALIENCY_MODEL_ROOT (one folder)."""
        mode = os.environ.get(MODELS_VARIABLE, "") or "any"
        if mode not in ("any", "catalog"):
            raise ModelError(
                f"{MODELS_VARIABLE} is {quoted(mode)}; it must be “catalog” or “any”. Set it to one of the two and start again."
            )
        named = os.environ.get(ROOT_VARIABLE, "")
        root = _resolve(named) if named else None
        if named and (root is None or not root.is_dir()):
            raise ModelError(
                f"{ROOT_VARIABLE} is {quoted(named)}, which is no folder. Set it to the folder that holds the model folders."
            )
        return cls(catalog_only=mode == "catalog", root=root)

    @classmethod
    def of_owner(cls) -> "Policy":
        """What the command line and a notebook keep to: as above, and any folder if neither root nor catalog mode is set."""
        policy = cls.from_environment()
        return replace(policy, any_folder=policy.root is None and not policy.catalog_only)

    def folder(self, reference: str) -> Path:
        """The folder that `reference` names, links resolved. Raises ModelError where it may not be read or is none.

        With a root, a relative path starts there, and nothing is told of what lies outside.
        """
        if self.catalog_only:
            raise ModelError(
                f"{quoted(reference)} is a folder, and this server offers the models of its catalog only. Choose one of those."
            )
        if self.root is None and not self.any_folder:
            raise ModelError(
                f"{quoted(reference)} is a folder, and none may be read here. "
                f"Whoever runs this server can set {ROOT_VARIABLE} to the folder that holds models."
            )
        if self.root is not None and ".." in Path(reference).parts:
            raise ModelError(f"{quoted(reference)} climbs out of a folder with “..”. Write the path without it.")
        path = _resolve(reference, self.root)
        if self.root is not None and (path is None or not path.is_relative_to(self.root)):
            raise ModelError(
                f"{quoted(reference)} lies outside the one folder that models are read from here. Name a folder below it."
            )
        if path is None or not _is_dir(path):
            found = "a file, not a folder" if path is not None and _is_file(path) else "no folder"
            raise ModelError(
                f"{quoted(reference)} is {found}. Give the path of a folder that holds config.json and model.safetensors."
            )
        return path

    def canonical(self, folder: Path) -> str:
        """The one name of a folder that `folder()` gave: below a root from there on, as nobody need know the server's path."""
        return str(folder) if self.root is None else f"./{folder.relative_to(self.root).as_posix()}"


def _resolve(named: str, base: Path | None = None) -> Path | None:
    """An absolute path without links, or None for what no file system could hold."""
    try:
        path = Path(named).expanduser()
        return (base / path if base is not None else path).resolve()
    except (
        OSError,
        ValueError,
        RuntimeError,
    ):  # too long or a loop of links; a null byte; ~somebody whom this machine doesn't know
        return None


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def list_folders(policy: Policy) -> tuple[str, ...]:
    """References, for `find_model`, of the model folders below the root, sorted; none without a root or in catalog mode.

    Links are not followed, hidden folders not entered, and at most 200 are listed, so that a large disk costs no minutes.
    """
    if policy.root is None or policy.catalog_only:
        return ()
    found = []
    for visited, (here, folders, files) in enumerate(os.walk(policy.root), start=1):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        path = Path(here)
        if "config.json" in files and any(name.endswith(WEIGHTS) for name in files):
            found.append(policy.canonical(path))
            folders.clear()
        if len(path.relative_to(policy.root).parts) >= DEEPEST:
            folders.clear()
        if len(found) >= MOST_LISTED or visited >= MOST_VISITED:
            break
    return tuple(sorted(found))
