"""The signing key: made once, safe under two callers and under interruption, never overwritten."""

import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paved.errors import Conflict, EnvironmentProblem, InputError
from paved.supply import keys, media, sign
from paved.supply.testing import Workshop


def test_the_development_key_is_made_once(shop: Workshop, tmp_path: Path) -> None:
    """The first use makes a pair for its owner's eyes alone, the second returns the same pair."""
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    first = keys.signing_key(environment, shop.cosign)
    folder = tmp_path / "paved" / "keys" / "dev"
    assert first.reference == str(folder / "cosign.key")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "cosign.key").stat().st_mode) == 0o600
    assert keys.signing_key(environment, shop.cosign) == first
    assert shop.cosign.public_key(first.reference) == first.public


def test_many_callers_at_once_get_one_pair(shop: Workshop, tmp_path: Path) -> None:
    """Of six callers at once one makes the pair, and all see the same public key."""
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: keys.signing_key(environment, shop.cosign), range(6)))
    assert len({key.public for key in found}) == 1
    assert sorted(path.name for path in (tmp_path / "paved" / "keys").iterdir()) == [".lock", "dev"]


def test_what_a_killed_caller_left_is_cleared(shop: Workshop, tmp_path: Path) -> None:
    """A half-made pair of a killed process is removed, and a whole pair appears."""
    leftover = tmp_path / "keys" / ".making-dead"
    leftover.mkdir(parents=True)
    (leftover / "cosign.key").write_text("half")
    assert keys.ensure_development_key(tmp_path / "keys" / "dev", shop.cosign)
    assert not leftover.exists()
    assert (tmp_path / "keys" / "dev" / "cosign.pub").is_file()


def test_half_a_pair_is_a_conflict(shop: Workshop, tmp_path: Path) -> None:
    """A private key without its public half is left alone, and the missing half is named."""
    (tmp_path / "cosign.key").write_text("precious")
    with pytest.raises(Conflict, match=r"cosign\.key alone"):
        keys.ensure_development_key(tmp_path, shop.cosign)
    assert (tmp_path / "cosign.key").read_text() == "precious"


def test_a_place_that_cannot_be_written_is_an_environment_problem(
    shop: Workshop, tmp_path: Path
) -> None:
    """Where the data folder cannot be made, the error names both settings that help."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match=r"XDG_DATA_HOME.*PAVED_SIGNING_KEY"):
        keys.signing_key({"XDG_DATA_HOME": str(tmp_path / "file")}, shop.cosign)


def test_the_setting_names_a_key_file(shop: Workshop, tmp_path: Path) -> None:
    """PAVED_SIGNING_KEY takes a file, with its public half beside it or derived from it."""
    setting = {keys.SETTING: str(shop.key)}
    found = keys.signing_key(setting, shop.cosign)
    assert found.public == Path(shop.public).read_bytes()
    assert keys.public_reference(setting) == shop.public
    with pytest.raises(InputError, match=keys.SETTING):
        keys.signing_key({keys.SETTING: str(tmp_path / "absent.key")}, shop.cosign)
    with pytest.raises(InputError, match="--key"):
        keys.public_reference({"XDG_DATA_HOME": str(tmp_path)})


def test_a_service_address_goes_to_cosign_as_it_is(shop: Workshop) -> None:
    """An address is neither taken for a file nor changed: cosign itself looks it up."""
    address = "env://PAVED_TEST_KEY_THAT_IS_NOT_SET"
    assert keys.public_reference({keys.SETTING: address}) == address
    with pytest.raises(EnvironmentProblem, match="PAVED_TEST_KEY_THAT_IS_NOT_SET"):
        sign.attest(shop.image, media.SIGNATURE, None, name="x", key=address, cosign=shop.cosign)


def test_a_key_with_a_password(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key made under COSIGN_PASSWORD signs with it; without it the error names the variable."""
    monkeypatch.setenv("COSIGN_PASSWORD", "open sesame")
    keys.ensure_development_key(tmp_path / "dev", shop.cosign)
    private = str(tmp_path / "dev" / keys.PRIVATE)
    assert sign.attest(shop.image, media.SIGNATURE, None, name="x", key=private, cosign=shop.cosign)
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    with pytest.raises(InputError, match="COSIGN_PASSWORD"):
        sign.attest(shop.image, media.SIGNATURE, None, name="x", key=private, cosign=shop.cosign)


@pytest.mark.parametrize("module", ["keys", "sign", "assemble", "claims.provenance"])
def test_what_runs_on_every_edit_needs_no_wheel(
    module: str, without_wheels: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    """The modules that build actions import on every edit need the standard library alone."""
    done = without_wheels(f"import paved.supply.{module}")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def without_wheels() -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Return the function that runs code with the toolkit and nothing else to import."""
    root = str(Path(keys.__file__).parents[2])

    def run(code: str) -> subprocess.CompletedProcess[str]:
        program = f"import sys; sys.path.insert(0, {root!r}); {code}"
        command = [sys.executable, "-I", "-S", "-B", "-c", program]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run
