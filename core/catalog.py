"""The models on offer, and what else a person's words may name: a model of the hub or a folder. Nothing is loaded here."""

from dataclasses import replace
from pathlib import Path

from core.embedded.gallery import GALLERIES
from core.errors import ModelError, quoted
from core.model_spec import ModelSpec
from core.policy import Policy
from core.public_models import HUB_MODELS
from core.references import HEAD_MARK, looks_like_path, name_repository, parse_repository

EMBEDDED = Path(__file__).parent / "embedded"

EMBEDDED_MODELS = (
    ModelSpec(
        "sentiment",
        "Film reviews (sentiment)",
        "English film-review sentences, negative or positive (SST-2); comes with the project.",
        path=EMBEDDED / "sentiment",
        pair=False,
        gallery=tuple(GALLERIES["sentiment"].values()),
        license="apache-2.0",
        megabytes=35,
    ),
    ModelSpec(
        "news",
        "News (topic)",
        "English news: world, sports, business or science and technology (AG News); comes with the project.",
        path=EMBEDDED / "news",
        pair=False,
        gallery=tuple(GALLERIES["news"].values()),
        license="apache-2.0",
    ),
)

CATALOG = {
    spec.name: spec for spec in (*EMBEDDED_MODELS, *HUB_MODELS) if spec.path is None or (spec.path / "config.json").is_file()
}


def find_model(
    reference: str, policy: Policy | None = None, head: str | None = None, trust_pickle: bool = False, revision: str | None = None
) -> ModelSpec:
    """What `reference` names: a model of the catalog, of the hub (`organisation/name[@revision]`) or a folder. Nothing is loaded.

    `policy` None keeps to what the owner of the machine may name. A spec's own name finds the same spec again, but for the
    trust in pickled weights, which no address may carry. Raises ModelError, in a sentence, for what is not known or not allowed.
    """
    policy = Policy.of_owner() if policy is None else policy
    written, _, own_head = reference.strip().partition(HEAD_MARK)
    head = head or own_head or None
    if policy.catalog_only and trust_pickle:
        raise ModelError(
            "This server offers the models of its catalog only, none of which needs pickled weights. Untick the trust in them."
        )
    spec = _find(written, policy, revision or None)
    if head is not None:
        head = read_head(head, policy, spec)
        if head != spec.head:
            spec = replace(spec, name=f"{spec.name}{HEAD_MARK}{head}", head=head)
    return replace(spec, trust_pickle=True) if trust_pickle and spec.name not in CATALOG else spec


def _find(written: str, policy: Policy, revision: str | None) -> ModelSpec:
    """The spec before its head and trust are settled."""
    if written in CATALOG and CATALOG[written].path is not None:
        return _without_revision(CATALOG[written], revision)
    if looks_like_path(written) or (policy.any_folder and "@" not in written and _exists(written)) or _is_below_root(written, policy):
        path = policy.folder(written)
        name = policy.canonical(path)
        spec = ModelSpec(name, path.name, f"A model of your own, from {name}.", path=path, root=policy.root)
        return _without_revision(spec, revision)
    if "/" not in written:
        folders = (
            "; or the path of a folder that holds config.json and model.safetensors" if policy.root or policy.any_folder else ""
        )
        raise ModelError(
            f"{quoted(written)} is neither a model of the catalog nor a folder nor an id on the hub (organisation/name). "
            f"Give {_examples()}{folders}."
        )
    repo, found = parse_repository(written)
    if revision is not None and found not in ("main", revision):
        raise ModelError(
            f"{quoted(written)} names the revision {quoted(found)} and you ask for {quoted(revision)}. Give one of the two."
        )
    repo, found = parse_repository(name_repository(repo, revision or found))
    if repo in CATALOG and found == CATALOG[repo].revision:
        return CATALOG[repo]
    if policy.catalog_only:
        raise ModelError(f"{quoted(written)} is not in the catalog, and this server offers no other. Choose {_examples()}.")
    name = name_repository(repo, found)
    if repo in CATALOG:
        return replace(CATALOG[repo], name=name, revision=found)
    return ModelSpec(name, name, f"A model of the hub, {name}.", repo=repo, revision=found)


def read_head(reference: str, policy: Policy, spec: ModelSpec | None = None) -> str:
    """The one way to write where a language-model head lies: hub id, also without organisation, or folder. Raises ModelError."""
    known = {model.head for model in CATALOG.values()} if spec is None else {spec.head}
    if reference in known:
        return reference
    if policy.catalog_only:
        raise ModelError(
            f"The language-model head {quoted(reference)} is not the catalog's, and this server takes no other. Leave it out."
        )
    if looks_like_path(reference) or (policy.any_folder and _exists(reference)):
        return policy.canonical(policy.folder(reference))
    return name_repository(*parse_repository(reference, old_names=True))


def _examples() -> str:
    """The short names of the catalog, for a sentence; the whole list is what a page or `CATALOG` shows."""
    own = [name for name, spec in CATALOG.items() if spec.path is not None]
    return f"{', '.join(own)} or another model of the catalog"


def _is_below_root(written: str, policy: Policy) -> bool:
    """Whether a single name, which no hub id is, names a folder just below the root."""
    return policy.root is not None and not policy.catalog_only and "/" not in written and bool(written) and _exists(str(policy.root / written))


def _exists(written: str) -> bool:
    try:
        return bool(written) and Path(written).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _without_revision(spec: ModelSpec, revision: str | None) -> ModelSpec:
    if revision is not None:
        raise ModelError(f"{quoted(spec.name)} is a folder, which has no revisions. Leave out the revision {quoted(revision)}.")
    return spec
