"""From a model's name to files on this machine: a local folder, checked, or a repository of the hub, downloaded.

The hub is that of huggingface_hub: HF_ENDPOINT names it, HF_HOME and HF_HUB_CACHE say where files are kept, HF_HUB_OFFLINE that
nothing is fetched. The token of whoever runs this program (HF_TOKEN, or `hf auth login`) goes to HF_ENDPOINT with every request,
so on a server everybody who may name a model sees what that token may: set none there, or LAYER_SALIENCY_MODELS=catalog.
Weights are only brought here; others read them.
"""

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import disable_progress_bars

from core.catalog import read_head
from core.errors import ModelError
from core.folders import CONFIGS, TOKENIZER_FILES, VOCABULARIES, check_folder, choose_weights, fingerprint, refuse_code
from core.hub_errors import explain, host, is_unreachable
from core.model_spec import ModelSpec
from core.policy import Policy
from core.progress import Progress, silent
from core.references import looks_like_path, parse_repository
from core.transfer import Transfer, fetch, partial_of, watch

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


def open_checkpoint(spec: ModelSpec, progress: Progress = silent) -> Checkpoint:
    """The files of a classifier, downloaded where need be. Raises ModelError in one sentence, or whatever `progress` raises."""
    if spec.path is not None:
        return _open_folder(spec.path, spec.root, spec.trust_pickle, True, progress)
    return _open_repository(spec.repo, spec.revision, spec.trust_pickle, True, progress)


def open_head(reference: str, policy: Policy, progress: Progress = silent, trust_pickle: bool = False) -> Checkpoint:
    """The files of the language model called `reference` (hub id, with @revision or without, or folder), as `open_checkpoint`.

    Its folder may hold no tokenizer. What `policy` forbids is refused; what `find_model` let through passes with the same policy.
    """
    written = read_head(reference, policy)
    if looks_like_path(written):
        return _open_folder(policy.folder(written), policy.root, trust_pickle, False, progress)
    repo, revision = parse_repository(written, old_names=True)
    return _open_repository(repo, revision, trust_pickle, False, progress)


def _open_folder(path: Path, root: Path | None, trust_pickle: bool, needs_tokenizer: bool, progress: Progress) -> Checkpoint:
    weights = check_folder(path, trust_pickle, root, needs_tokenizer)
    shown = path if root is None else path.relative_to(root)
    return _checkpoint(path, weights, fingerprint(weights, progress), f"the folder {shown}")


def _checkpoint(path: Path, weights: list[Path], revision: str, source: str) -> Checkpoint:
    return Checkpoint(path, tuple(weights), revision, weights[0].suffix != ".safetensors", source)


def _open_repository(repo: str, revision: str, trust_pickle: bool, needs_tokenizer: bool, progress: Progress) -> Checkpoint:
    """The snapshot of a repository: what is here of a fixed commit, else what the hub gives, else what was fetched before."""

    def cached(why: str) -> Checkpoint | None:
        config = try_to_load_from_cache(repo, "config.json", revision=revision)
        if not isinstance(config, str):
            return None
        snapshot = Path(config).parent
        try:  # weights are put into a snapshot last, so one that has them has all
            weights = check_folder(snapshot, trust_pickle, None, needs_tokenizer)
        except ModelError:
            return None
        return _checkpoint(snapshot, weights, snapshot.name, f"{repo} on {host()}, from this machine's cache{why}")

    if COMMIT.fullmatch(revision) and (known := cached("")):
        return known
    transfer = Transfer(stage=f"Asking {host()} for {repo}")
    try:
        snapshot, weights = watch(lambda: _download(repo, revision, trust_pickle, needs_tokenizer, transfer), transfer, progress)
    except ModelError:
        raise
    except Exception as error:
        if is_unreachable(error) and (known := cached(", as the hub could not be asked")):
            return known
        sentence = explain(error, repo, revision)
        if sentence is None:
            raise
        raise sentence from error
    return _checkpoint(snapshot, weights, snapshot.name, f"{repo} on {host()}")


def _download(repo: str, revision: str, trust_pickle: bool, needs_tokenizer: bool, transfer: Transfer) -> tuple[Path, list[Path]]:
    """The folder of a repository's snapshot and its weight files, all of them here when it returns."""
    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=ANSWER_WITHIN)
    files = {file.rfilename: file for file in info.siblings or () if "/" not in file.rfilename}
    _check_listing(repo, files, needs_tokenizer)

    def bring(name: str) -> Path:
        return _bring(repo, info.sha, files[name], transfer)

    for name in CONFIGS:
        if name in files:
            refuse_code(bring(name), f"{repo}/{name}")
    weights = choose_weights(files, bring, f"“{repo}”", trust_pickle)
    wanted = [name for name in (*TOKENIZER_FILES, "README.md") if name in files]
    missing = [name for name in (*wanted, *weights) if not isinstance(try_to_load_from_cache(repo, name, revision=info.sha), str)]
    _check_space(repo, [files[name] for name in missing])
    transfer.stage, transfer.done, transfer.total = "", 0, sum(files[name].size or 0 for name in missing)
    for name in missing:  # the weights come last: a snapshot that holds them is complete
        bring(name)
    snapshot = bring("config.json").parent
    found = check_folder(snapshot, trust_pickle, None, needs_tokenizer)
    _remember(repo, revision, info.sha)
    return snapshot, found


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
        fetch(url, _blob(repo, file.lfs.sha256), file.lfs.size, file.lfs.sha256, transfer)
    path = Path(hf_hub_download(repo, file.rfilename, revision=commit))
    transfer.done += 0 if file.lfs is not None else file.size or 0
    return path


def _blob(repo: str, sha256: str) -> Path:
    """Where huggingface_hub's cache keeps a large file of a repository."""
    return (
        Path(constants.HF_HUB_CACHE).expanduser().resolve() / repo_folder_name(repo_id=repo, repo_type="model") / "blobs" / sha256
    )


def _check_space(repo: str, missing: list[RepoSibling]) -> None:
    """ModelError if the disk of the cache has no room for what is still to come."""
    needed = sum(file.size or 0 for file in missing)
    for file in missing:
        partial = partial_of(_blob(repo, file.lfs.sha256)) if file.lfs is not None else None
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
        with suppress(
            OSError
        ):  # the model is here; that the next load without a network can't find it is no reason to refuse it now
            hf_hub_download(repo, "config.json", revision=revision)
