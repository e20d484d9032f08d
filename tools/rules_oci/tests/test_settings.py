"""How settings are read from files, and how they change a base's config."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oci_layout.errors import LayoutError
from oci_layout.layout import JsonObject
from oci_layout.settings import Settings, apply, commas, expand, lines, merged_env, pairs

STEADY = settings(deadline=None)
NAMES = st.from_regex(r"[A-Z_]{1,4}", fullmatch=True)
VALUES = st.text('ab=é ,"{}', max_size=9)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


@STEADY
@given(PAIRS, PAIRS)
def test_the_last_value_of_a_variable_counts(
    base: list[tuple[str, str]], added: list[tuple[str, str]]
):
    """The merged environment holds each name once, with the value that came last."""
    merged = merged_env([f"{name}={value}" for name, value in base], tuple(added))
    assert dict(item.split("=", 1) for item in merged) == dict(base + added)
    assert len(merged) == len(dict(base + added))


@STEADY
@given(PAIRS, PAIRS)
def test_the_base_keeps_its_order(base: list[tuple[str, str]], added: list[tuple[str, str]]):
    """Variables of the base stay where they were; new ones follow in the order given."""
    merged = merged_env([f"{name}={value}" for name, value in base], tuple(added))
    assert [item.split("=", 1)[0] for item in merged] == list(dict(base + added))


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ("/opt:$PATH", "/opt:/bin"),
        ("${PATH}:/opt:${PATH}", "/bin:/opt:/bin"),
        ("$PATHS", "$PATHS"),
        ("${PATHS}x", "${PATHS}x"),
        ("$", "$"),
        ("$EMPTY.", "."),
    ],
)
def test_variables_take_their_value_from_the_base(value: str, expanded: str):
    """`$X` and `${X}` are replaced by what the base sets; what it does not set stays."""
    assert expand(value, {"PATH": "/bin", "EMPTY": ""}) == expanded


def test_earlier_lines_are_known_to_later_ones():
    """A variable may refer to one that was set just before it."""
    assert merged_env([], (("A", "1"), ("B", "$A$A"))) == ["A=1", "B=11"]


@pytest.mark.parametrize(
    ("given_", "cmd"),
    [
        (Settings(entrypoint=["/new"]), None),
        (Settings(entrypoint=["/new"], cmd=["--new"]), ["--new"]),
        (Settings(cmd=["--new"]), ["--new"]),
        (Settings(user="1"), ["--old"]),
    ],
)
def test_an_entry_point_clears_the_command(given_: Settings, cmd: list[str] | None):
    """The base's command goes when a new entry point comes without one of its own."""
    base: JsonObject = {"config": {"Entrypoint": ["/old"], "Cmd": ["--old"]}}
    config = apply(base, given_)["config"]
    assert isinstance(config, dict)
    assert config.get("Cmd") == cmd


def test_labels_ports_and_volumes_add_to_the_base():
    """What is set for labels, ports and volumes joins what the base has."""
    base: JsonObject = {"config": {"Labels": {"a": "1", "b": "1"}, "ExposedPorts": {"80/tcp": {}}}}
    given_ = Settings(labels=(("b", "2"),), exposed_ports=("81/tcp",), volumes=("/data",))
    assert apply(base, given_)["config"] == {
        "Labels": {"a": "1", "b": "2"},
        "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
        "Volumes": {"/data": {}},
    }


def test_nothing_set_changes_nothing():
    """Empty settings leave a config as it is."""
    base: JsonObject = {"created": "2026-01-01T00:00:00Z", "config": {"Cmd": ["x"], "Env": ["A=1"]}}
    assert apply(base, Settings()) == base


@settings(STEADY, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text('ab=é ,"%5Cn\n', min_size=1)))
def test_arguments_survive_the_file(tmp_path: Path, arguments: list[str]):
    """A list written as the macro writes it, newlines escaped, is read back the same."""
    path = tmp_path / "cmd.txt"
    escaped = [argument.replace("\n", "%5Cn") for argument in arguments]
    path.write_text("\n".join(escaped) + "\n", encoding="utf-8", newline="")
    restored = [argument.replace("%5Cn", "\n") for argument in arguments]
    assert lines(path) == restored


def test_a_value_may_hold_equals_signs(tmp_path: Path):
    """Only the first equals sign of a line separates name and value."""
    path = tmp_path / "env.txt"
    path.write_text("A=b=c\nEMPTY=\n", encoding="utf-8")
    assert pairs(path) == (("A", "b=c"), ("EMPTY", ""))


@pytest.mark.parametrize("line", ["novalue", "=x"])
def test_a_line_without_name_or_value_is_refused(tmp_path: Path, line: str):
    """A line that is not name=value is refused, and the message names the file."""
    path = tmp_path / "labels.txt"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(LayoutError, match=r"labels\.txt.*name=value"):
        pairs(path)


def test_ports_are_separated_by_commas(tmp_path: Path):
    """Ports and volumes are read with or without blanks and a final newline."""
    path = tmp_path / "ports.txt"
    path.write_text("80/tcp, 81/udp,\n", encoding="utf-8")
    assert commas(path) == ("80/tcp", "81/udp")
