"""The rules on a real image of this graph: signed, and described as a scanner sees it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from paved.adapters.cosign import Cosign
from paved.supply import assemble, canonical, verify

Document = dict[str, Any]


@pytest.fixture
def sbom() -> Document:
    """Return the SBOM that the rule made."""
    document: Document = json.loads(Path(os.environ["SBOM"]).read_bytes())
    return document


def test_the_signed_layout_verifies() -> None:
    """Every check of the built layout passes, and its image is the plain image, byte for byte."""
    cosign = Cosign(Path(os.environ["PAVED_TOOL_COSIGN"]))
    signed, plain = Path(os.environ["SIGNED"]), Path(os.environ["IMAGE"])
    report = verify.verify_layout(signed, os.environ["PUBLIC_KEY"], cosign).require()
    assert report.digest == assemble.image_descriptor(plain)["digest"]
    details = {check.name: check.detail for check in report.checks}
    assert details["provenance"].startswith("//tools/supply/tests:image, no commit, 2 inputs")


def test_the_sbom_has_what_a_scanner_finds(tmp_path: Path, sbom: Document) -> None:
    """Syft, which reads the image's files alone, finds the same wheels and Debian packages."""
    layout = Path(os.environ["IMAGE"]).absolute()
    command = [os.environ["PAVED_TOOL_SYFT"], "scan", f"oci-dir:{layout}", "-o", "cyclonedx-json"]
    environment = {"HOME": str(tmp_path), "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found = _packages(json.loads(done.stdout))
    assert found == _packages(sbom)
    kinds = {purl.split("/")[0] for purl in found}
    assert kinds == {"pkg:pypi", "pkg:deb"}


def test_the_edges_are_the_graphs(sbom: Document) -> None:
    """The service needs the chassis and starlette, the chassis needs starlette, and so on."""
    edges = {item["ref"]: item.get("dependsOn", []) for item in sbom["dependencies"]}
    service = "pkg:generic/service/sample@1.2.3"
    assert sbom["metadata"]["component"]["bom-ref"] == service
    starlette = next(ref for ref in edges if ref.startswith("pkg:pypi/starlette@"))
    chassis = next(ref for ref in edges if ref.startswith("pkg:generic/platform/chassis@"))
    of_service = {ref for ref in edges[service] if not ref.startswith("pkg:deb/")}
    assert of_service == {chassis, starlette}
    assert starlette in edges[chassis]
    assert any(ref.startswith("pkg:pypi/anyio@") for ref in edges[starlette])


def test_nothing_hangs_in_the_air(sbom: Document) -> None:
    """Every component is reached from the service along the edges."""
    edges = {item["ref"]: item.get("dependsOn", []) for item in sbom["dependencies"]}
    reached: set[str] = set()
    waiting = [sbom["metadata"]["component"]["bom-ref"]]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += edges[current]
    assert {item["bom-ref"] for item in sbom["components"]} <= reached


def test_provenance_names_the_locks() -> None:
    """The provenance holds the digests of the very locks of this graph."""
    predicate = json.loads(Path(os.environ["PROVENANCE"]).read_bytes())
    resolved = predicate["buildDefinition"]["resolvedDependencies"]
    digests = {item["name"]: item["digest"]["sha256"] for item in resolved}
    lock = canonical.file_digest(Path(os.environ["LOCK"]))
    assert digests["//:requirements.lock"] == lock.removeprefix("sha256:")
    assert sorted(digests) == ["//:requirements.lock", "//tools/image:base.lock.json"]


def _packages(document: Document) -> set[str]:
    """Return the package URLs from package indexes, less what only syft adds to them.

    First-party parts, and the interpreter that syft knows by its binary too, are of type generic.
    """
    purls = {unquote(item["purl"]) for item in document["components"] if "purl" in item}
    named = {purl.split("&upstream=")[0] for purl in purls}
    return {purl for purl in named if not purl.startswith("pkg:generic/")}
