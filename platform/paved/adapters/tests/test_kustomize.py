"""Kustomize through its adapter: what it renders, and how its refusals read."""

from pathlib import Path

import pytest

from paved.adapters import kustomize
from paved.errors import InputError

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Return an overlay over a base."""
    for path, text in {
        "base/kustomization.yaml": "resources: [config.yaml]\n",
        "base/config.yaml": CONFIG,
        "overlays/dev/kustomization.yaml": "resources: [../../base]\nnamePrefix: dev-\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path / "overlays" / "dev"


def refusal(overlay: Path) -> str:
    """Return what is said of an overlay that does not build."""
    with pytest.raises(InputError) as caught:
        kustomize.build(overlay, overlay.parents[1])
    (problem,) = caught.value.problems
    assert problem.where == "overlays/dev"
    assert str(overlay.parents[1]) not in str(caught.value)
    return problem.what


def test_an_overlay_is_rendered(overlay: Path) -> None:
    """The manifests come back, with the overlay's changes."""
    assert b"name: dev-settings" in kustomize.build(overlay, overlay.parents[1])


def test_a_missing_resource(overlay: Path) -> None:
    """The refusal names the file, relative to the root."""
    (overlay.parents[1] / "base" / "config.yaml").unlink()
    assert "base/config.yaml" in refusal(overlay)


def test_an_unknown_field(overlay: Path) -> None:
    """The refusal names the field."""
    (overlay / "kustomization.yaml").write_text("resourcess: []\n")
    assert 'unknown field "resourcess"' in refusal(overlay)


def test_a_file_outside_of_the_overlay(overlay: Path) -> None:
    """Files from elsewhere cannot be read in."""
    text = "resources: [../../base]\nconfigMapGenerator: [{name: a, files: [/etc/hostname]}]\n"
    (overlay / "kustomization.yaml").write_text(text)
    assert "hostname" in refusal(overlay)


@pytest.mark.parametrize(
    "base", ["https://example.com/base.yaml", "https://example.com/team/base.git"]
)
def test_a_base_on_a_server(overlay: Path, base: str) -> None:
    """A base that is not in the tree is refused, whatever the network would say."""
    (overlay / "kustomization.yaml").write_text(f"resources: ['{base}']\n")
    assert "127.0.0.1:9" in refusal(overlay) or "git" in refusal(overlay)
