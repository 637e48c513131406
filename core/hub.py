"""From a model's name to files on this machine: a local folder, checked, or a repository of the hub, downloaded.

The hub is that of huggingface_hub: HF_ENDPOINT names it, HF_HOME and HF_HUB_CACHE say where files are kept, HF_HUB_OFFLINE that
nothing is fetched. The token of whoever runs this program (HF_TOKEN, or `hf auth login`) goes to HF_ENDPOINT with every request,
so on a server everybody who may name a model sees what that token may: set none there, or LAYER_SALIENCY_MODELS=catalog.
Weights are only brought here; others read them.
"""

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]  # exported lazily

from core.catalog import read_head
from core.config_check import check_config, check_size
from core.errors import ModelError
from core.folders import CONFIGS, TOKENIZER_FILES, VOCABULARIES, check_folder, choose_weights, fingerprint
from core.hub_errors import explain, host, is_unreachable
from core.model_spec import ModelSpec
from core.policy import Policy
from core.progress import Progress, silent
from core.references import looks_like_path, parse_repository
from core.transfer import Transfer, blob_of, fetch, partial_of, watch

disable_progress_bars("huggingface_hub.http_get")  # whoever waits is told through `progress`

ANSWER_WITHIN = 10.0  # seconds for the list of a repository's files
SPARE = 100 * 2**20  # bytes of the disk that a download leaves free
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Checkpoint:
    """A folder whose weights may be read."""

    path: Path
    """Folder with config.json, the tokenizer's files and the weights."""
    weights: tuple[Path, ...]
    """The weight files: one, or all shards."""
    revision: str
    """Commit (40 hex digits) of a hub repository; fingerprint of the weights of a folder."""
    is_pickled: bool
    """Whether the weights are old PyTorch files, to be read with `weights_only=True`."""
    source: str
    """Where it came from, in words."""


@dataclass(frozen=True)
class _Terms:
    """On what conditions a checkpoint is opened."""

    trust_pickle: bool
    needs_tokenizer: bool = True
    check: Callable[[Path], object] = lambda folder: None
    most_bytes: int | None = None

    def refuse_large(self, holder: str, size: int) -> None:
        """ModelError if weights of `size` bytes are more than is wanted."""
        if self.most_bytes is not None and size > self.most_bytes:
            raise ModelError(
                f"The weights of {holder} take {size / 1e6:,.1f} MB, and what nobody named is fetched up to "
                f"{self.most_bytes / 1e6:,.1f} MB. Name it to have it all the same."
            )


@dataclass(frozen=True)
class _Begun:
    """A snapshot that holds config and tokenizer, and what is still to come."""

    snapshot: Path
    commit: str
    weights: list[RepoSibling]


def open_checkpoint(spec: ModelSpec, progress: Progress = silent) -> Checkpoint:
    """The files of a classifier, downloaded where need be. Raises ModelError in one sentence, or whatever `progress` raises."""
    terms = _Terms(spec.trust_pickle)
    if spec.path is not None:
        return _open_folder(spec.path, spec.root, terms, progress)
    return _open_repository(cast("str", spec.repo), spec.revision, terms, progress)  # a spec has a path or a repo


def open_head(
    reference: str, policy: Policy, progress: Progress = silent, trust_pickle: bool = False,
    check: Callable[[Path], object] | None = None, most_bytes: int | None = None,
) -> Checkpoint:  # fmt: skip
    """The files of the language model called `reference` (hub id, with @revision or without, or folder), as `open_checkpoint`.

    Its folder may hold no tokenizer. What `policy` forbids is refused; what `find_model` let through passes with the same policy.
    `check(folder)` is called once config and tokenizer are there, before the weights come, and may raise anything to do without
    them. Weights of more than `most_bytes` are refused (None: no limit), wherever they lie.
    """
    written = read_head(reference, policy)
    terms = _Terms(trust_pickle, False, check or _Terms.check, most_bytes)
    if looks_like_path(written):
        return _open_folder(policy.folder(written), policy.root, terms, progress)
    repo, revision = parse_repository(written, old_names=True)
    return _open_repository(repo, revision, terms, progress)


def _open_folder(path: Path, root: Path | None, terms: _Terms, progress: Progress) -> Checkpoint:
    weights = check_folder(path, terms.trust_pickle, root, terms.needs_tokenizer)
    shown = path if root is None else path.relative_to(root)
    terms.refuse_large(f"the folder {shown}", sum(file.stat().st_size for file in weights))
    terms.check(path)
    return _checkpoint(path, weights, fingerprint(weights, progress), f"the folder {shown}")


def _checkpoint(path: Path, weights: list[Path], revision: str, source: str) -> Checkpoint:
    return Checkpoint(path, tuple(weights), revision, weights[0].suffix != ".safetensors", source)


def _open_repository(repo: str, revision: str, terms: _Terms, progress: Progress) -> Checkpoint:
    """The snapshot of a repository: what is here of a fixed commit, else what the hub gives, else what was fetched before."""
    if COMMIT.fullmatch(revision) and (known := _cached(repo, revision, terms)):
        return known
    transfer = Transfer(stage=f"Asking {host()} for {repo}")

    def stand_in(error: Exception) -> Checkpoint:
        """What was fetched before, where the hub could not be asked; else the error, as a sentence if it has one."""
        if isinstance(error, ModelError):
            raise error
        if is_unreachable(error) and (known := _cached(repo, revision, terms, ", as the hub could not be asked")):
            return known
        sentence = explain(error, repo, revision)
        if sentence is None:
            raise error
        raise sentence from error

    try:
        begun = watch(lambda: _bring_words(repo, revision, terms, transfer), transfer, progress)
    except Exception as error:  # noqa: BLE001 — what is no silence of the hub is raised there
        return stand_in(error)
    terms.check(begun.snapshot)  # its errors are its own
    try:
        weights = watch(lambda: _bring_weights(repo, revision, begun, terms, transfer), transfer, progress)
    except Exception as error:  # noqa: BLE001 — what is no silence of the hub is raised there
        return stand_in(error)
    return _checkpoint(begun.snapshot, weights, begun.commit, f"{repo} on {host()}")


def cached_snapshot(repo: str, revision: str) -> Path | None:
    """The folder in which a revision lies on this machine, complete or not."""
    config = try_to_load_from_cache(repo, "config.json", revision=revision)
    return Path(config).parent if isinstance(config, str) else None


def _cached(repo: str, revision: str, terms: _Terms, why: str = "") -> Checkpoint | None:
    """What lies on this machine of a revision, if all of it does."""
    if (snapshot := cached_snapshot(repo, revision)) is None:
        return None
    try:  # weights are put into a snapshot last, so one that has them has all
        weights = check_folder(snapshot, terms.trust_pickle, None, terms.needs_tokenizer)
    except ModelError:
        return None
    terms.refuse_large(f"“{repo}”", sum(file.stat().st_size for file in weights))
    terms.check(snapshot)
    return _checkpoint(snapshot, weights, snapshot.name, f"{repo} on {host()}, from this machine's cache{why}")


def _bring_words(repo: str, revision: str, terms: _Terms, transfer: Transfer) -> _Begun:
    """Config, tokenizer and card of a repository, once it is clear that its weights may follow."""
    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=ANSWER_WITHIN)
    files = {file.rfilename: file for file in info.siblings or () if "/" not in file.rfilename}
    commit = info.sha or revision
    _check_listing(repo, files, terms.needs_tokenizer)

    def bring(name: str) -> Path:
        return _bring(repo, commit, files[name], transfer)

    for name in CONFIGS:
        if name in files:
            check_config(bring(name), f"{repo}/{name}")
    weights = choose_weights(files, bring, f"“{repo}”", terms.trust_pickle)
    size = sum(files[name].size or 0 for name in weights)
    check_size(bring("config.json"), f"{repo}/config.json", size)
    terms.refuse_large(f"“{repo}”", size)
    words = [name for name in (*TOKENIZER_FILES, "README.md") if name in files]
    missing = [name for name in (*words, *weights) if not isinstance(try_to_load_from_cache(repo, name, revision=commit), str)]
    _check_space(repo, [files[name] for name in missing])
    transfer.stage, transfer.done, transfer.total = "", 0, sum(files[name].size or 0 for name in missing)
    for name in words:
        bring(name)
    return _Begun(bring("config.json").parent, commit, [files[name] for name in weights])


def _bring_weights(repo: str, revision: str, begun: _Begun, terms: _Terms, transfer: Transfer) -> list[Path]:
    """The weights that a snapshot lacks. They come last: a snapshot that holds them is complete."""
    for file in begun.weights:
        _bring(repo, begun.commit, file, transfer)
    found = check_folder(begun.snapshot, terms.trust_pickle, None, terms.needs_tokenizer)
    _remember(repo, revision, begun.commit)
    return found


def _check_listing(repo: str, files: dict[str, RepoSibling], needs_tokenizer: bool) -> None:
    """ModelError, before anything is downloaded, for a repository that lacks what every classifier has."""
    if "config.json" not in files:
        raise ModelError(f"“{repo}” is no model for transformers: it has no config.json. Name one that has.")
    if needs_tokenizer and not files.keys() & set(VOCABULARIES):
        raise ModelError(
            f"“{repo}” holds no tokenizer.json, nor a vocabulary to make one of. Name a model that brings its tokenizer."
        )


def _bring(repo: str, commit: str, file: RepoSibling, transfer: Transfer) -> Path:
    """One file of a commit, in the cache's snapshot of it. Large ones are put where the cache looks before it is asked."""
    transfer.check()
    known = try_to_load_from_cache(repo, file.rfilename, revision=commit)
    if isinstance(known, str):
        return Path(known)
    if file.lfs is not None:
        url = hf_hub_url(repo, file.rfilename, revision=commit)
        fetch(url, blob_of(repo, file.lfs.sha256), file.lfs.size, file.lfs.sha256, transfer)
    path = Path(hf_hub_download(repo, file.rfilename, revision=commit))
    transfer.done += 0 if file.lfs is not None else file.size or 0
    return path


def _check_space(repo: str, missing: list[RepoSibling]) -> None:
    """ModelError if the disk of the cache has no room for what is still to come."""
    needed = sum(file.size or 0 for file in missing)
    for file in missing:
        partial = partial_of(blob_of(repo, file.lfs.sha256)) if file.lfs is not None else None
        needed -= partial.stat().st_size if partial is not None and partial.exists() else 0
    folder = Path(constants.HF_HUB_CACHE).expanduser().resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if missing and free < needed + SPARE:
        raise ModelError(
            f"“{repo}” takes {needed / 1e6:,.0f} MB more, the disk of {constants.HF_HUB_CACHE} has {free / 1e6:,.0f} MB free, "
            f"{SPARE / 1e6:,.0f} of which stay so. Free some space there, or set HF_HOME to a folder on another disk."
        )


def _remember(repo: str, revision: str, commit: str) -> None:
    """Let the cache know which commit a branch or tag meant, so that it can stand in for the hub. Only of what is complete."""
    known = try_to_load_from_cache(repo, "config.json", revision=revision)
    if not isinstance(known, str) or Path(known).parent.name != commit:
        with suppress(OSError):  # the model is here: that the next load without a network can't find it refuses nothing now
            hf_hub_download(repo, "config.json", revision=revision)
