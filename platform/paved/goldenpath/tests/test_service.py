"""What golden-paths/service renders: read by the tools that its files are for."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chassis.observe import BUCKETS, HTTP, RPC
from paved.adapters import kustomize
from paved.adapters.copier import Render, render
from paved.goldenpath.testing import EXAMPLES, ROOT, git

ENVIRONMENTS = ("dev", "stage", "prod")
LONGEST_LINES = 80


def documents(text: str | bytes) -> list[Any]:
    """Return the documents of a YAML stream."""
    return list(YAML(typ="safe", pure=True).load_all(text))


def document(path: Path) -> Any:  # noqa: ANN401 - YAML as it is
    """Return the one document of a YAML file."""
    (found,) = documents(path.read_text("utf-8"))
    return found


def files(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """Yield the files below `folder` whose names fit."""
    return (path for path in sorted(folder.rglob(pattern)) if path.is_file())


def manifests(folder: Path, environment: str) -> dict[str, Any]:
    """Return what Kustomize makes of an overlay, by kind and name."""
    out = kustomize.build(folder / "deploy/overlays" / environment, folder)
    return {f"{found['kind']}/{found['metadata']['name']}": found for found in documents(out)}


def test_files_are_whole(rendered: Path) -> None:
    """Every file parses as what it is, is short, and holds no template and no folder of ours."""
    for path in files(rendered):
        text = path.read_text("utf-8")
        assert text.endswith("\n"), path
        assert len(text.splitlines()) <= LONGEST_LINES, path
        assert not re.search(r"(?<!\$)\{\{(?!\.window)|\{%|\{#", text), path
        if path.name != ".copier-answers.service.yml":
            assert str(rendered.parent) not in text, path
    for path in files(rendered, "*.py"):
        ast.parse(path.read_text("utf-8"), str(path))
    for path in (*files(rendered, "*.yaml"), *files(rendered, "*.yml")):
        assert documents(path.read_text("utf-8")), path
    tomllib.loads((rendered / "pyproject.toml").read_text("utf-8"))


def test_own_tests_pass(rendered: Path, tmp_path: Path) -> None:
    """The service's own tests pass against this checkout's chassis."""
    protos = [str(path.relative_to(rendered / "proto")) for path in files(rendered, "*.proto")]
    search = [str(rendered / "src"), str(tmp_path), *sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(search)}
    if protos:
        generate = ["-m", "grpc_tools.protoc", "-Iproto", f"--python_out={tmp_path}"]
        command = [sys.executable, *generate, f"--grpc_python_out={tmp_path}", *protos]
        subprocess.run(command, cwd=rendered, env=environment, check=True)
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "tests"]
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, *options]
    done = subprocess.run(
        command, cwd=rendered, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^1[0-9] passed", done.stdout, re.MULTILINE), done.stdout


def test_style(rendered: Path) -> None:
    """The rendered code is clean by the settings that are rendered with it."""
    ruff = os.environ.get("PAVED_TOOL_RUFF") or str(Path(sys.executable).with_name("ruff"))
    for words in (("check",), ("format", "--check")):
        command = [ruff, *words, "--no-cache", "."]
        done = subprocess.run(command, cwd=rendered, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_workflow(rendered: Path) -> None:
    """The workflow fits GitHub's schema, every action is pinned by commit, and rights are least."""
    workflow = rendered / ".github/workflows/ci.yml"
    schema = ["--builtin-schema", "vendor.github-workflows", str(workflow)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "check_jsonschema", *schema]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found = document(workflow)
    uses = [
        step["uses"] for job in found["jobs"].values() for step in job["steps"] if "uses" in step
    ]
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use) for use in uses)
    assert found["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_manifests(rendered: Path, environment: str) -> None:
    """Each overlay builds; its pods are restricted, probed, bounded, spread and pinned."""
    answers = document(rendered / ".copier-answers.service.yml")
    name = answers["name"]
    made = manifests(rendered, environment)
    labels = {"app.kubernetes.io/name": name, "environment": environment}
    for found in made.values():
        assert found["metadata"]["namespace"] == f"{name}-{environment}"
        assert labels.items() <= found["metadata"]["labels"].items()
    pod = made[f"Deployment/{name}"]["spec"]["template"]
    assert (labels | {"team": answers["team"]}).items() <= pod["metadata"]["labels"].items()
    spec = pod["spec"]
    (container,) = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert container["resources"].keys() == {"requests", "limits"}
    assert len(spec["topologySpreadConstraints"]) == 2
    image = f"{answers['registry']}/{name}"
    assert re.fullmatch(re.escape(image) + r"@sha256:[0-9a-f]{64}", container["image"])
    assert made[f"PodDisruptionBudget/{name}"]["spec"]["maxUnavailable"] == 1
    assert made[f"ServiceAccount/{name}"]["automountServiceAccountToken"] is False


def test_selectors(rendered: Path) -> None:
    """Everything that selects pods selects the Deployment's, and ports exist by name."""
    made = manifests(rendered, "prod")
    name = document(rendered / ".copier-answers.service.yml")["name"]
    spec = made[f"Deployment/{name}"]["spec"]
    pods = {"app.kubernetes.io/name": name}
    assert spec["selector"]["matchLabels"] == pods
    assert made[f"Service/{name}"]["spec"]["selector"] == pods
    assert made[f"PodDisruptionBudget/{name}"]["spec"]["selector"]["matchLabels"] == pods
    deny, allow = (
        made[f"NetworkPolicy/{name}-default-deny"]["spec"],
        made[f"NetworkPolicy/{name}"]["spec"],
    )
    assert deny == {"podSelector": {"matchLabels": pods}, "policyTypes": ["Ingress", "Egress"]}
    assert allow["podSelector"]["matchLabels"] == pods
    ports = {port["name"] for port in spec["template"]["spec"]["containers"][0]["ports"]}
    named = {port["port"] for rule in allow["ingress"] for port in rule["ports"]}
    assert named | {made[f"Service/{name}"]["spec"]["ports"][0]["targetPort"]} == ports


def test_overlays_differ(rendered: Path) -> None:
    """Overlays hold only differences: what they make differs in nothing but these."""
    name = document(rendered / ".copier-answers.service.yml")["name"]
    made = {env: manifests(rendered, env) for env in ENVIRONMENTS}
    counts = [made[env][f"Deployment/{name}"]["spec"].pop("replicas") for env in ENVIRONMENTS]
    assert counts == sorted(counts)
    assert counts[0] == 1
    texts = {str(made[env]).replace(f"{name}-{env}", "").replace(f"'{env}'", "") for env in made}
    assert len(texts) == 1


def test_objectives(rendered: Path) -> None:
    """Objectives are about series, labels and buckets that the chassis really has."""
    interface = document(rendered / ".copier-answers.service.yml")["interface"]
    dialect = HTTP if interface == "http" else RPC
    metric = dialect.duration.replace(".", "_") + "_seconds"
    for objective in document(rendered / "slo.yaml")["slos"]:
        queries = " ".join(objective["sli"]["events"].values())
        assert set(re.findall(r"(\w+?)_(?:count|bucket)\{", queries)) == {metric}
        matched = set(re.findall(r"[{,](\w+)=", queries))
        assert matched <= {"job", "le", dialect.status.replace(".", "_")}
        assert all(float(le) in BUCKETS for le in re.findall(r'le="([^"]+)"', queries))
        assert 99 <= objective["objective"] < 100


def test_runbook(rendered: Path) -> None:
    """Each alert has an entry in the runbook, where its annotation points."""
    text = (rendered / "docs/runbook.md").read_text("utf-8")
    headings = set(re.findall(r"^## (\w+)$", text, re.MULTILINE))
    alerts = [slo["alerting"] for slo in document(rendered / "slo.yaml")["slos"]]
    assert {alert["name"] for alert in alerts} == headings
    for alert in alerts:
        anchor = alert["annotations"]["runbook_url"].partition("docs/runbook.md#")[2]
        assert anchor == alert["name"].lower()


def test_catalogue(rendered: Path) -> None:
    """The entry, the objectives and the owners of the code say the same of name, team and tier."""
    answers = document(rendered / ".copier-answers.service.yml")
    entry = document(rendered / "catalog-info.yaml")
    slo = document(rendered / "slo.yaml")
    assert entry["kind"] == "Component"
    assert entry["metadata"]["name"] == slo["service"] == answers["name"]
    assert entry["spec"]["owner"] == f"group:default/{answers['team']}"
    assert slo["labels"] == {"team": answers["team"], "tier": answers["tier"]}
    assert entry["metadata"]["labels"]["tier"] == answers["tier"]
    owners = (rendered / ".github/CODEOWNERS").read_text("utf-8")
    assert owners == f"* @{answers['organisation']}/{answers['team']}\n"
    pages = [page for item in document(rendered / "mkdocs.yml")["nav"] for page in item.values()]
    assert all((rendered / "docs" / page).is_file() for page in pages)


def test_one_version() -> None:
    """Templates name the version that the platform itself has."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for file in ("golden-paths/shared/platform.jinja", "MODULE.bazel"):
        assert f'"{version}"' in (ROOT / file).read_text("utf-8"), file


def test_stock_copier(platform: Path, rendered: Path, tmp_path: Path) -> None:
    """Copier's own command line makes the same files from the same answers."""
    example = EXAMPLES / f"{rendered.name}.yml"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    words = ["copy", "--quiet", "--defaults", "--data-file", str(example), "--vcs-ref", "HEAD"]
    target = tmp_path / rendered.name
    command = [sys.executable, "-m", "copier", *words, str(platform), str(target)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    for path in (*files(target), *files(rendered)):
        relative = path.relative_to(target if path.is_relative_to(target) else rendered)
        if "__pycache__" not in relative.parts:
            assert (target / relative).read_bytes() == (rendered / relative).read_bytes(), relative


def test_longest_names(platform: Path, tmp_path: Path) -> None:
    """The longest answers there can be still give legal Kubernetes names and a clean build."""
    name, domain = "a" * 36 + "-b-c", ".".join(["d" * 62, "e" * 62, "example"])
    answers = {"golden_path": "service", "name": name, "team": "t" * 40, "domain": domain}
    order = Render(platform, git(platform, "rev-parse", "HEAD"), answers)
    (tmp_path / "scratch").mkdir()
    render(order, tmp_path / "made", tmp_path / "scratch")
    for environment in ENVIRONMENTS:
        for found in manifests(tmp_path / "made", environment).values():
            assert len(found["metadata"]["name"]) <= 63
            assert len(found["metadata"]["namespace"]) <= 63
            assert all(len(value) <= 63 for value in found["metadata"]["labels"].values())
