"""What takes the place of a module registry, read from MODULE.bazel files."""

import json
from pathlib import Path

import pytest

from toolchain.bazel import registry

BAZEL = """
module(name = "bazel_tools")
bazel_dep(name = "rules_cc", version = "0.0.11")
bazel_dep(
    name = "zlib",
    version = "1.3.1",
)
# bazel_dep(name = "commented", version = "1")
bazel_dep(name = "for_developers", version = "1", dev_dependency = True)
"""
RULES_CC = """
module(
    name = "rules_cc",
    version = "0.0.11",
)
bazel_dep(name = "platforms", version = "0.0.4")
bazel_dep(name = "protobuf", version = "21.7", repo_name = "com_google_protobuf")
bazel_dep(name = "also_for_developers", version = "1", dev_dependency = True)
"""
PLATFORMS = 'module(name = "platforms", version = "0.0.10")\n'
RULES_PKG = 'module(name = "rules_pkg")\nbazel_dep(name = "platforms", version = "0.0.5")\n'
PAVED = """
module(name = "paved")
bazel_dep(name = "rules_cc", version = "99")
bazel_dep(name = "rules_pkg", version = "1.1.0")
bazel_dep(name = "rules_oci", version = "2.3.0")
bazel_dep(name = "rules_elsewhere", version = "1")
"""
RULES_OCI = 'module(name = "rules_oci")\nbazel_dep(name = "platforms", version = "1")\n'


@pytest.fixture
def surveyed(tmp_path: Path) -> registry.Mirror:
    """Return the survey of a small Bazel, its modules, and a checkout."""
    files = {
        "base/embedded_tools/MODULE.bazel": BAZEL,
        "base/rules/cc/MODULE.bazel": RULES_CC,
        "base/rules/pkg/MODULE.bazel": RULES_PKG,
        "base/tools/platforms/MODULE.bazel": PLATFORMS,
        "paved/MODULE.bazel": PAVED,
        "paved/tools/rules_oci/MODULE.bazel": RULES_OCI,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return registry.survey(tmp_path / "base", tmp_path / "base", tmp_path / "paved")


def test_always_there(surveyed: registry.Mirror, tmp_path: Path):
    """Only modules that Bazel itself leads to are overridden in every workspace."""
    assert surveyed.always == {
        "rules_cc": tmp_path / "base/rules/cc",
        "platforms": tmp_path / "base/tools/platforms",
    }


def test_with_paved(surveyed: registry.Mirror, tmp_path: Path):
    """What only paved names is overridden beside paved, Debian's modules and stand-ins alike."""
    assert surveyed.paved == {
        "rules_pkg": tmp_path / "base/rules/pkg",
        "rules_oci": tmp_path / "paved/tools/rules_oci",
    }


def test_only_named(surveyed: registry.Mirror):
    """Modules that Bazel names and nobody has get stubs; what paved lacks stays an error."""
    assert surveyed.stubs == (("protobuf", "21.7"), ("zlib", "1.3.1"))


def test_stub_registry(surveyed: registry.Mirror, tmp_path: Path):
    """A stub is a module file of that name and version, with a source inside the registry."""
    folder = tmp_path / "registry"
    registry.write_stubs(surveyed.stubs, folder)
    zlib = folder / "modules/zlib/1.3.1"
    assert (zlib / "MODULE.bazel").read_text() == 'module(name = "zlib", version = "1.3.1")\n'
    source = json.loads((zlib / "source.json").read_text())
    base = json.loads((folder / "bazel_registry.json").read_text())["module_base_path"]
    assert source["type"] == "local_path"
    assert (folder / base / source["path"]).is_dir()
    assert sorted(path.name for path in (folder / "modules").iterdir()) == ["protobuf", "zlib"]
