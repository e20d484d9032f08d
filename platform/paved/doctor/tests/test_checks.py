"""The doctor tells what stands in the way from what does not, on machines of every kind."""

from dataclasses import replace
from pathlib import Path

import pytest

from paved.doctor.checks import GIBIBYTE, Machine, Outcome, examine

GOOD = Machine(
    environment={"HOME": "/home/someone"},
    which=lambda program: f"/usr/bin/{program}",
    version=lambda command: "yes" if command[0] == "unshare" else f"{command[0]} 1",
    free_bytes=lambda _path: 10 * GIBIBYTE,
    python=(3, 11, 2),
    system=("Linux", "x86_64"),
)


def outcomes(machine: Machine) -> dict[str, Outcome]:
    """Return each finding's outcome by name."""
    return {finding.name: finding.outcome for finding in examine(machine)}


def test_a_complete_machine_lacks_nothing() -> None:
    """On a machine that has everything, every finding is ok and none has a hint."""
    findings = examine(GOOD)
    assert {finding.outcome for finding in findings} == {Outcome.OK}
    assert [finding.hint for finding in findings] == [""] * len(findings)


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (replace(GOOD, python=(3, 10, 12)), "python"),
        (replace(GOOD, system=("Darwin", "arm64")), "system"),
        (replace(GOOD, free_bytes=lambda _path: GIBIBYTE), "disk"),
        (replace(GOOD, which=lambda program: None if program == "git" else "/bin/x"), "git"),
        (
            replace(GOOD, which=lambda program: "/bin/git" if program == "git" else None),
            "Debian mirror",
        ),
    ],
)
def test_what_stands_in_the_way_is_missing(machine: Machine, name: str) -> None:
    """Each thing that the main job cannot do without is reported as missing, with a hint."""
    finding = next(finding for finding in examine(machine) if finding.name == name)
    assert finding.outcome is Outcome.MISSING
    assert finding.hint


def test_what_is_fetched_later_is_optional() -> None:
    """Bazel, Go, an identity and namespaces do not stop a newcomer: they are optional."""
    bare = replace(
        GOOD,
        which=lambda program: "/usr/bin/x" if program in {"git", "apt-get", "dpkg-deb"} else None,
        version=lambda _command: "",
    )
    found = outcomes(bare)
    optional = {"git identity", "bazel", "go", "user namespaces"}
    assert {name for name, outcome in found.items() if outcome is Outcome.OPTIONAL} == optional
    assert Outcome.MISSING not in found.values()


def test_the_cache_is_where_the_environment_says(tmp_path: Path) -> None:
    """Free space is asked for the nearest existing folder of the configured cache."""
    asked: list[Path] = []
    machine = replace(
        GOOD,
        environment={"PAVED_CACHE": str(tmp_path / "not" / "yet")},
        free_bytes=lambda path: asked.append(path) or 10 * GIBIBYTE,  # type: ignore[func-returns-value]
    )
    examine(machine)
    assert asked == [tmp_path]
