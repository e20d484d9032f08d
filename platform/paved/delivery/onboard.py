"""Brings a service's manifests into the operations repository, from its own deploy/ folder.

The base and one overlay per environment are taken as they are committed there. What is here
already stays: after onboarding, manifests are changed where they run, in commits of their own.
Onboarding pins nothing and leaves no receipt.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from paved.adapters.git import Entry, Repository
from paved.delivery.promotion import rendering
from paved.delivery.promotion.plans import Plan
from paved.delivery.promotion.ports import Build
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import documents, layout, overlay
from paved.delivery.release.loading import load
from paved.delivery.release.model import ENVIRONMENTS, Change
from paved.errors import Conflict, InputError, Problem

SOURCE = "deploy"
CATALOGUE = "catalog-info.yaml"
_FILE_MODES = ("100644", "100755")


class _Named(BaseModel):
    name: documents.Service


class _Component(BaseModel):
    metadata: _Named


def onboard(source: Repository, build: Build) -> tuple[str, Plan]:
    """Return the name of the service in `source`, and the plan to bring its manifests in.

    Args:
        source: the service's repository; its last commit is taken.
        build: renders an overlay, to see that each one builds.

    Raises:
        InputError: it has no catalog-info.yaml, base or overlay, or one of them does not build.
        Conflict: its deploy/ has changes that are not committed.
    """
    _require_committed(source)
    head = Snapshot(source, source.resolve("HEAD"), root="")
    service = _name(head)
    files = {f"{layout.app(service)}/{path}": content for path, content in _manifests(head)}
    _require_building(service, files, build)

    def plan(snapshot: Snapshot) -> Change | None:
        there = {entry.path for entry in snapshot.entries(layout.app(service))}
        if there:
            _require_same(snapshot, there, files, service)
        absent = {path: content for path, content in files.items() if path not in there}
        return Change(absent, f"release: onboard {service} {head.commit[:12]}") if absent else None

    return service, plan


def _require_committed(source: Repository) -> None:
    what = "this is not committed, and onboarding takes what is"
    dirty = [
        path for path in source.checkout().changed if path.startswith((f"{SOURCE}/", CATALOGUE))
    ]
    if dirty:
        raise Conflict(*(Problem(what, where=path, hint="git add and commit") for path in dirty))
    if not source.resolve("HEAD"):
        raise Conflict(Problem("nothing is committed yet", where=str(source.root)))


def _name(head: Snapshot) -> str:
    content = head.file(CATALOGUE)
    where = str(head.repository.root / CATALOGUE)
    if not content:
        hint = "onboard a repository made by paved new service"
        raise InputError(Problem("the service does not say its name", where=where, hint=hint))
    document = next(iter(load(content, where)), None)
    return documents.validated(_Component, document, where).metadata.name


def _manifests(head: Snapshot) -> Iterable[tuple[str, bytes]]:
    """Return base and overlays, by path below deploy/; raise InputError for all that is wrong."""
    entries = [entry for entry in head.entries(SOURCE) if _taken(entry.path)]
    paths = {entry.path for entry in entries}
    wanted = (f"{SOURCE}/base", *(f"{SOURCE}/overlays/{name}" for name in ENVIRONMENTS))
    problems = [
        *(_missing(folder) for folder in wanted if f"{folder}/kustomization.yaml" not in paths),
        *(_not_file(entry) for entry in entries if entry.mode not in _FILE_MODES),
    ]
    if problems:
        raise InputError(*problems)
    contents = head.files([entry.path for entry in entries])
    return [(path.removeprefix(f"{SOURCE}/"), content) for path, content in contents.items()]


def _taken(path: str) -> bool:
    overlays = tuple(f"{SOURCE}/overlays/{name}/" for name in ENVIRONMENTS)
    return path.startswith((f"{SOURCE}/base/", *overlays))


def _missing(folder: str) -> Problem:
    return Problem("there is no kustomization.yaml", where=folder, expected="one, committed")


def _not_file(entry: Entry) -> Problem:
    return Problem("a link or a submodule cannot be onboarded", where=entry.path)


def _require_building(service: str, files: Mapping[str, bytes], build: Build) -> None:
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory(prefix="paved-onboard-") as folder:
        root = Path(folder).resolve()
        rendering.write(files, root)
        for environment in ENVIRONMENTS:
            path = layout.overlay(service, environment)
            try:
                overlay.images(build(root / path, root), path)
            except InputError as error:
                problems.extend(error.problems)
    if problems:
        raise InputError(*problems)


def _require_same(
    snapshot: Snapshot, there: set[str], files: Mapping[str, bytes], service: str
) -> None:
    """Raise Conflict when the base that is here is another one; overlays go their own way."""
    base = f"{layout.app(service)}/base/"
    ours = {path: content for path, content in files.items() if path.startswith(base)}
    theirs = snapshot.files([path for path in there if path.startswith(base)])
    if ours != theirs:
        what = "this base is here already, and differs from the service's deploy/base"
        hint = "a base is shared by every environment: change it here, in a commit of its own"
        raise Conflict(Problem(what, where=base, hint=hint))
