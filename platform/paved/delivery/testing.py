"""A small world for tests: a remote, checkouts of it, a service, and hands that are quick.

Git and Kustomize are the real ones. Signing is an HMAC in the shape of a Sigstore bundle; that
cosign fits the same interface is `tests/test_cosign.py`'s to show. Nothing here is imported
outside tests.
"""

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paved.adapters import git, kustomize
from paved.adapters.git import Repository
from paved.delivery import onboard
from paved.delivery.promotion import plans
from paved.delivery.promotion.plans import Plan
from paved.delivery.promotion.ports import Ports
from paved.delivery.promotion.publish import Landed, Remote, publish
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release.model import Evidence, Pin
from paved.errors import Problem, Refused

SECRET = b"not a secret"
REGISTRY = "registry.example.com/shop"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {service}
spec:
  selector: {{matchLabels: {{app: {service}}}}}
  template:
    metadata: {{labels: {{app: {service}}}}}
    spec:
      containers:
        - name: {service}
          image: registry.example.com/example/{service}
"""
BASE = "resources:\n  - deployment.yaml\n"
OVERLAY = """# What {environment} alone has.
resources:
  - ../../base
images:
  # Zeros until something is pinned.
  - name: registry.example.com/example/{service}
    digest: sha256:{zeros}
namespace: {service}-{environment}  # one per environment
"""


def sign(statement: bytes) -> bytes:
    """Return a bundle of `statement` under the world's secret."""
    mac = hmac.new(SECRET, statement, hashlib.sha256).digest()
    envelope = {
        "payload": base64.b64encode(statement).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": base64.b64encode(mac).decode()}],
    }
    media_type = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return json.dumps({"mediaType": media_type, "dsseEnvelope": envelope}).encode()


def verify(bundle: bytes, digest: str) -> None:
    """Raise Refused unless `bundle` is signed with the world's secret and speaks of `digest`."""
    envelope = json.loads(bundle)["dsseEnvelope"]
    payload = base64.b64decode(envelope["payload"])
    mac = base64.b64decode(envelope["signatures"][0]["sig"])
    if not hmac.compare_digest(mac, hmac.new(SECRET, payload, hashlib.sha256).digest()):
        raise Refused(Problem("no signature in it is by this key"))
    if f"sha256:{json.loads(payload)['subject'][0]['digest']['sha256']}" != digest:
        raise Refused(Problem("it signs another digest"))


def digest_of(text: str) -> str:
    """Return the digest of some text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def pin_of(service: str, version: str) -> Pin:
    """Return the pin of a version of a service, as dev would get it."""
    return Pin(
        image=f"{REGISTRY}/{service}",
        digest=digest_of(f"{service} {version}"),
        commit=hashlib.sha1(f"{service} {version}".encode(), usedforsecurity=False).hexdigest(),
        template="service@0.1.0",
        contract="v1",
        sbom=digest_of(f"{service} {version} sbom"),
        provenance=digest_of(f"{service} {version} provenance"),
    )


def silent(step: str) -> None:
    """Take no notice of a step."""


@dataclass
class World:
    """A folder with a bare remote, a checkout of it, and what the registry knows."""

    folder: Path
    ops: Repository
    now: datetime = NOON
    signed: dict[str, Evidence] = field(default_factory=dict)
    progress: Callable[[str], None] = silent

    @property
    def remote(self) -> Path:
        """The bare remote."""
        return self.folder / "remote.git"

    @property
    def ports(self) -> Ports:
        """Hands for one run."""
        return Ports(sign, verify, self.inspect, kustomize.build, lambda: self.now, self.step)

    def step(self, name: str) -> None:
        """Tell whoever listens of a step."""
        self.progress(name)

    def inspect(self, reference: str) -> Evidence:
        """Return what the registry has of a reference; Refused when it is not signed."""
        if reference in self.signed:
            return self.signed[reference]
        raise Refused(Problem("no signature is attached", where=reference))

    def build(self, pin: Pin) -> Pin:
        """Let the registry have a pin's image, signed."""
        sboms, provenances = frozenset({pin.sbom}), frozenset({pin.provenance})
        self.signed[pin.reference] = Evidence(sboms, provenances, frozenset({pin.commit}))
        return pin

    def checkout(self, name: str) -> Repository:
        """Return another checkout of the remote."""
        return identified(git.clone(str(self.remote), self.folder / name))

    def make(self, plan: Plan, ops: Repository | None = None) -> Landed:
        """Publish a plan."""
        return publish(ops or self.ops, Remote(), plan, self.ports)

    def pin(self, service: str, version: str) -> Landed:
        """Pin a signed version of a service in dev."""
        return self.make(plans.pin(service, self.build(pin_of(service, version)), self.ports))

    def promote(self, target: str, service: str = "", **more: str) -> Landed:
        """Promote to `target`."""
        return self.make(plans.promote(target, service, self.ports, **more))

    def release(self, service: str, version: str) -> Landed:
        """Bring a version from dev to prod."""
        self.pin(service, version)
        self.promote("stage", service)
        return self.promote("prod", service)

    def rollback(self, environment: str, service: str, digest: str = "") -> Landed:
        """Roll back in `environment`."""
        return self.make(self.rollback_plan(environment, service, digest))

    def rollback_plan(self, environment: str, service: str, digest: str = "") -> Plan:
        """Return the plan of a rollback."""
        who = self.ops.identity()
        return plans.rollback(environment, service, who, self.ports, reason="errors", digest=digest)

    def bring(self, service: str) -> Landed:
        """Onboard a service that is made for it."""
        _, plan = onboard.onboard(self.service(service), kustomize.build)
        return self.make(plan)

    def service(self, name: str) -> Repository:
        """Return a service's repository, as a golden path would make it."""
        folder = git.initialise(self.folder / f"service-{name}")
        for path, content in service_files(name).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        repository = identified(Repository(folder))
        repository.commit_all("feat: begin")
        return repository

    def snapshot(self) -> Snapshot:
        """Return the remote's latest state."""
        return Snapshot(self.ops, self.ops.fetch("origin", "main"))

    def commit(self, files: Mapping[str, bytes], message: str = "chore: by hand") -> str:
        """Push a commit that someone made by hand; the checkout does not see it yet."""
        base, who = self.ops.fetch("origin", "main"), self.ops.identity()
        made = self.ops.commit(base, files, message, who, self.now)
        self.ops.push(made, "origin", "main")
        return made

    def state(self) -> tuple[str, str, dict[str, bytes]]:
        """Return all that a refusal must leave alone: remote, HEAD, every file."""
        files = {
            str(path.relative_to(self.ops.root)): path.read_bytes()
            for path in sorted(self.ops.root.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.ops.root).parts
        }
        return Repository(self.remote).resolve("main"), self.ops.resolve("HEAD"), files


def service_files(name: str) -> dict[str, str]:
    """Return the files of a service that onboarding reads."""
    overlays = {
        f"deploy/overlays/{environment}/kustomization.yaml": OVERLAY.format(
            environment=environment, service=name, zeros="0" * 64
        )
        for environment in ("dev", "stage", "prod")
    }
    return {
        "catalog-info.yaml": f"metadata:\n  name: {name}\n",
        "deploy/base/kustomization.yaml": BASE,
        "deploy/base/deployment.yaml": DEPLOYMENT.format(service=name),
        **overlays,
    }


def identified(repository: Repository) -> Repository:
    """Give a repository's Git an identity."""
    for key, value in (("user.name", "Release"), ("user.email", "release@example.com")):
        git.configure(repository, key, value)
    return repository


def make(folder: Path) -> World:
    """Return a world in `folder` whose remote has one commit."""
    git.initialise(folder / "remote.git", bare=True)
    ops = identified(git.clone(str(folder / "remote.git"), folder / "ops"))
    (ops.root / "README.md").write_text("# Operations\n")
    ops.commit_all("docs: begin")
    ops.push(ops.resolve("HEAD"), "origin", "main")
    return World(folder, ops)


def copy_of(world: World, folder: Path) -> World:
    """Return an equal world in `folder`, which is not there yet."""
    shutil.copytree(world.folder, folder)
    ops = Repository(folder / "ops")
    git.configure(ops, "remote.origin.url", str(folder / "remote.git"))
    return World(folder, ops, world.now, dict(world.signed))


def later(world: World, **delta: float) -> None:
    """Let time pass."""
    world.now += timedelta(**delta)


def unsigned(pin: Pin) -> Pin:
    """Return a pin as dev takes an image without signature, SBOM and provenance."""
    return replace(pin, sbom="", provenance="")
