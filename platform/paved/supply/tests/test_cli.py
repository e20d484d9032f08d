"""`paved verify` as a person or a script meets it: what is printed where, and the exit code."""

import json
import shutil
from pathlib import Path

import pytest

from paved.cli import app
from paved.errors import ExitCode
from paved.supply import keys, push
from paved.supply.testing import Workshop, flip


@pytest.fixture(autouse=True)
def this_command_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Load no other command group than one beside it, and use nobody's own key."""
    monkeypatch.setattr(app, "GROUPS", ("verify", "doctor"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv(keys.SETTING, raising=False)


def test_a_signed_layout_is_shown_check_by_check(
    shop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A good layout gives a tick and a figure for each check, nothing on stderr, exit code 0."""
    code = app.run(["verify", str(shop.signed), "--key", shop.public])
    out, err = capsys.readouterr()
    assert (code, err) == (ExitCode.OK, "")
    assert {line[0] for line in out.splitlines()} == {"✓"}
    assert "✓ layers              2 layers, 20,480 bytes" in out.splitlines()


def test_the_development_key_is_the_default(
    shop: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --key the development key verifies; where there is none, the error says so."""
    assert app.run(["verify", str(shop.signed)]) == ExitCode.INPUT
    assert "hint: name one with --key" in capsys.readouterr().err
    shutil.copytree(shop.key.parent, tmp_path / "data" / "paved" / "keys" / "dev")
    assert app.run(["verify", str(shop.signed)]) == ExitCode.OK


def test_a_flipped_byte_is_refused(
    shop: Workshop, signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flipped byte gives exit code 5, the crossed check on stdout and both digests on stderr."""
    blob = max((signed / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size)
    flip(blob, 0)
    code = app.run(["verify", str(signed), "--key", shop.public])
    out, err = capsys.readouterr()
    assert code == ExitCode.REFUSED
    assert [line.split()[1] for line in out.splitlines() if line.startswith("✗")] == ["layers"]
    assert f"error: sha256:{blob.name}: blob has the digest sha256:" in err
    assert f"expected: sha256:{blob.name}" in err


def test_the_json_report_carries_every_check(
    shop: Workshop, signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json, stdout is one document with all checks, and stderr one with all reasons."""
    code = app.run(["verify", str(signed), "--key", shop.other_public, "--json"])
    out, err = capsys.readouterr()
    report, refusal = json.loads(out), json.loads(err)
    assert code == refusal["exit_code"] == ExitCode.REFUSED
    assert not report["passed"]
    failed = [check["name"] for check in report["checks"] if not check["passed"]]
    assert failed == ["signature", "provenance", "SBOM"]
    assert len(refusal["problems"]) == 3


def test_a_reference_is_taken_for_one(
    shop: Workshop, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target that is no folder is looked up in its registry."""
    pushed = push.push_layout(shop.signed, f"{registry}/cli:v1")
    assert app.run(["verify", pushed.reference, "--key", shop.public]) == ExitCode.OK
    assert "blobs" in capsys.readouterr().out


@pytest.mark.parametrize("target", ["./absent", "/absent/folder", "absent", "bazel-bin/absent"])
def test_a_target_that_is_nothing_is_an_input_error(
    shop: Workshop, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a folder nor a reference: exit code 3 and the target in the message."""
    assert app.run(["verify", target, "--key", shop.public]) == ExitCode.INPUT
    assert target in capsys.readouterr().err


def test_a_registry_that_is_off_is_an_environment_problem(
    shop: Workshop,
    unused_port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A registry that does not answer gives exit code 4 and a hint."""
    monkeypatch.setattr("paved.adapters.registry_http._ATTEMPTS", 1)
    target = f"127.0.0.1:{unused_port}/orders:v1"
    code = app.run(["verify", target, "--key", shop.public])
    assert code == ExitCode.ENVIRONMENT
    assert "hint:" in capsys.readouterr().err
