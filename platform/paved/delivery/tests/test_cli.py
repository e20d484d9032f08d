"""`paved release` as a person or a script meets it, with stock cosign and a real registry."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paved.cli import app
from paved.delivery.release import layout
from paved.delivery.testing import World
from paved.errors import ExitCode
from paved.metrics.events import Accepted, Event, Rollout, ServiceDeployed, decode
from paved.supply import keys, push
from paved.supply.testing import Workshop, serving, write_image

COMMIT = "c" * 40


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return keys and a signed image."""
    return Workshop.open(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """Serve a registry."""
    with serving() as host:
        yield host


@dataclass(frozen=True, slots=True)
class Shell:
    """A command line in an operations repository."""

    world: World
    capture: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr of `paved release WORDS`."""
        self.capture.readouterr()
        code = app.run(["release", *words, "--ops", str(self.world.ops.root)])
        out, err = self.capture.readouterr()
        return code, out, err

    def good(self, *words: str) -> str:
        """Return the stdout of a command that has to succeed."""
        code, out, err = self.run(*words)
        assert code == ExitCode.OK, err
        return out

    def document(self, *words: str) -> Any:  # noqa: ANN401 - each command has its own
        """Return the JSON document of a command that has to succeed."""
        return json.loads(self.good(*words, "--json"))


@pytest.fixture
def shell(
    world: World,
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """Return a command line with a signing key, in an empty operations repository."""
    monkeypatch.setattr(app, "GROUPS", ("release",))
    monkeypatch.setenv(keys.SETTING, str(workshop.key))
    return Shell(world, capsys)


@pytest.fixture
def orders(shell: Shell) -> Shell:
    """Return a command line where orders is onboarded."""
    shell.good("onboard", str(shell.world.service("orders").root))
    return shell


@pytest.fixture(scope="session")
def signed(workshop: Workshop, registry: str) -> str:
    """Return the reference of a signed image."""
    return push.push_layout(workshop.signed, f"{registry}/shop/orders").reference


@pytest.fixture(scope="session")
def newer(workshop: Workshop, registry: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the reference of another signed image."""
    folder = tmp_path_factory.mktemp("newer")
    made = workshop.sign(write_image(folder / "image", b"base", b"newer"), folder / "signed")
    return push.push_layout(made, f"{registry}/shop/orders").reference


@pytest.fixture(scope="session")
def unsigned(registry: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the reference of an image that nobody signed."""
    made = write_image(tmp_path_factory.mktemp("unsigned") / "image", b"base", b"unsigned")
    return push.push_layout(made, f"{registry}/shop/orders").reference


def pin(shell: Shell, reference: str, *words: str) -> Any:  # noqa: ANN401
    """Pin orders in dev."""
    return shell.document("pin", "orders", reference, "--template", "service@0.1.0", *words)


def test_from_dev_to_prod(orders: Shell, signed: str, tmp_path: Path) -> None:
    """Pinned and promoted twice, every environment runs the image; receipts and events tell so."""
    events = tmp_path / "events.jsonl"
    pinned = pin(orders, signed)
    for environment in ("stage", "prod"):
        orders.good("promote", environment, "orders", "--events", str(events))
    services = orders.document("status")["services"]
    runs = services["orders"]["prod"]
    assert f"{runs['image']}@{runs['digest']}" == signed
    assert runs["commit"] == COMMIT
    assert runs["sbom"] == pinned["moves"][0]["after"]["sbom"] != ""
    assert {cell["overlay"] for cell in services["orders"].values()} == {runs["digest"]}
    audit = orders.document("receipts", "--verify")
    assert [len(item["receipts"]) for item in audit["environments"]] == [1, 1, 1]
    told = [decode(line) for line in events.read_bytes().splitlines()]
    bodies = [
        item.event.body
        for item in told
        if isinstance(item, Accepted) and isinstance(item.event, Event)
    ]
    assert [body.environment for body in bodies if isinstance(body, ServiceDeployed)] == [
        "stage",
        "prod",
    ]


def test_an_unsigned_image_is_refused(orders: Shell, unsigned: str) -> None:
    """Dev takes it and says what is wrong; stage refuses with every reason and exit code 5."""
    pin(orders, unsigned, "--commit", COMMIT)
    before = orders.world.state()
    code, out, err = orders.run("promote", "stage", "orders", "--json")
    assert (code, out) == (ExitCode.REFUSED, "")
    problems = json.loads(err[err.index("{") :])["problems"]
    told = " ".join(problem["what"] for problem in problems)
    assert all(word in told for word in ("signature", "provenance", "SBOM"))
    assert orders.world.state() == before


def test_an_unsigned_image_needs_its_commit(orders: Shell, unsigned: str) -> None:
    """Without a provenance to take the source's commit from, it has to be named."""
    code, _, err = orders.run("pin", "orders", unsigned, "--template", "service@0.1.0")
    assert code == ExitCode.INPUT
    assert "name it with --commit" in err


def test_another_commit_than_the_provenance_names(orders: Shell, signed: str) -> None:
    """A commit given by hand does not stand against the signed one."""
    pin(orders, signed, "--commit", "d" * 40)
    code, _, err = orders.run("promote", "stage", "orders")
    assert code == ExitCode.REFUSED
    assert "records commit dddddddddddd" in err


def test_a_rollback(orders: Shell, signed: str, newer: str, tmp_path: Path) -> None:
    """The image before comes back, the event says so, and status shows what is denied."""
    for reference in (signed, newer):
        pin(orders, reference)
        orders.good("promote", "stage", "orders")
        orders.good("promote", "prod", "orders")
    bad, events = newer.partition("@")[2], tmp_path / "events.jsonl"
    words = ("--reason", "errors", "--digest", bad, "--events", str(events))
    orders.good("rollback", "prod", "orders", *words)
    services = orders.document("status")["services"]["orders"]
    assert services["prod"]["digest"] == signed.partition("@")[2]
    assert services["stage"]["denied"]
    (told,) = (decode(line) for line in events.read_bytes().splitlines())
    assert isinstance(told, Accepted)
    assert isinstance(told.event, Event)
    assert isinstance(told.event.body, ServiceDeployed)
    assert told.event.body.how is Rollout.ROLLEDBACK
    assert told.event.body.repairs.endswith("/orders")
    code, _, err = orders.run("promote", "prod", "orders")
    assert (code, "was rolled back in prod: errors" in err) == (ExitCode.REFUSED, True)


def test_a_dry_run_shows_the_diff(orders: Shell, signed: str) -> None:
    """The diff is on stdout, the checks are on stderr, and nothing moves."""
    before = orders.world.state()
    words = ("--template", "service@0.1.0", "--dry-run")
    code, out, err = orders.run("pin", "orders", signed, *words)
    assert code == ExitCode.OK
    assert f"+    digest: {signed.partition('@')[2]}" in out.splitlines()
    assert f"+++ b/{layout.release_set('dev')}" in out
    assert "✓ render orders" in err
    assert orders.world.state() == before


def test_status_for_people(orders: Shell, signed: str) -> None:
    """A table has a row for each service, and a dash where it does not run."""
    pin(orders, signed)
    head, row = orders.good("status").splitlines()
    assert head.split() == ["service", "dev", "stage", "prod"]
    assert row.split() == ["orders", signed.partition("sha256:")[2][:12], "-", "-"]


def test_a_broken_chain(orders: Shell, signed: str) -> None:
    """A set changed by hand makes the receipts' verification fail with exit code 5."""
    pin(orders, signed)
    path = layout.release_set("dev")
    text = orders.world.snapshot().file(path)
    orders.world.commit({path: text.replace(b'"v1"', b'"v2"')})
    code, out, err = orders.run("receipts", "dev", "--verify")
    assert code == ExitCode.REFUSED
    assert "000001-orders-" in out
    assert "no receipt speaks of this release set" in err
    assert orders.run("receipts", "dev")[0] == ExitCode.OK


@pytest.mark.parametrize(
    "words",
    [
        ("promote", "stage"),
        ("promote", "stage", "orders", "--all"),
        ("promote", "preview", "orders"),
        ("rollback", "prod", "orders"),
        ("receipts", "everywhere"),
    ],
)
def test_wrong_words(shell: Shell, words: tuple[str, ...]) -> None:
    """A command line that says too little, too much or nonsense is a usage error."""
    assert shell.run(*words)[0] == ExitCode.USAGE


def test_where_there_is_no_repository(shell: Shell, tmp_path: Path) -> None:
    """Outside a Git working copy the error says so, without a traceback."""
    (tmp_path / "plain").mkdir()
    code = app.run(["release", "status", "--ops", str(tmp_path / "plain")])
    assert code == ExitCode.INPUT
    assert "this is not a Git working copy" in shell.capture.readouterr().err


@pytest.mark.parametrize("command", ["onboard", "pin", "promote", "rollback", "status", "receipts"])
def test_every_command_has_an_example(shell: Shell, command: str) -> None:
    """The help of each command shows how it is called."""
    assert app.run(["release", command, "--help"]) == ExitCode.OK
    assert f"paved release {command}" in shell.capture.readouterr().out.split("Example")[1]
