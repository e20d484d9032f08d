"""The house rules, as functions from a file to what is wrong with it.

Leaves out what linters know better: Python's style and types are tested in tests/lint.
"""

import json
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from house import exceptions
from house.checkout import File

Rule = Callable[[File], Iterator[str]]

LINES = 300
FILES = 12
CODE = (".py", ".bzl", ".proto", ".sh", "BUILD.bazel", "MODULE.bazel")
SOURCE = (".py", ".bzl", ".proto")

MACHINE = re.compile(r"(?<![\w.$})*~-])/(?:root|work|home|Users|builds|workspace)/[\w.-]*")
NAME = re.compile(
    r"(?<![\w.-])((?:[a-z0-9-]+\.)+(?:com|org|io|cloud)|(?:[a-z0-9-]+\.){2,}(?:net|dev))"
    r"(?![\w-]|\.\w)"
)
ADDRESS = re.compile(r"://(?:[^/\s@]*@)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?![\w-]|\.\w)")
RESERVED = (".test", ".invalid", ".localhost", ".example")
TESTS = r"\bpytest\.(?:mark\.)?|\bunittest\."
LEFT_OUT = "a test that cannot run says so as a failure"
WORDS = {
    r"\b(?:TO[D]O|FIX[M]E)\b": "unfinished work is not marked, it is not landed",
    rf"(?:{TESTS}|@)(?:skip|xfail|importorskip|expectedFailure)": LEFT_OUT,
    r"\.skipTest\(": LEFT_OUT,
    r"[\w}][:@]latest\b": "nothing floats",
    r"-----BEGIN [A-Z ]*PRIVATE KEY": "no secrets in Git",
}


def length(file: File) -> Iterator[str]:
    """Find a file of code of more than 300 lines."""
    lines = file.text.count("\n")
    if (file.name.endswith(CODE) or file.is_script) and lines > LINES:
        yield f"{file.path}: {lines} lines; expected at most {LINES}"


def words(file: File) -> Iterator[str]:
    """Find marks of unfinished work, tests left out, moving tags and private keys."""
    for pattern, reason in WORDS.items():
        for place, found in _matches(file, re.compile(pattern)):
            yield f"{place}: {found}: {reason}"


def machine_paths(file: File) -> Iterator[str]:
    """Find paths of somebody's machine."""
    for place, found in _matches(file, MACHINE):
        if found not in exceptions.MACHINE_PATHS:
            yield f"{place}: {found}: a path of a machine"


def hosts(file: File) -> Iterator[str]:
    """Find host names that exceptions.py gives no reason for."""
    for pattern in (NAME, ADDRESS):
        for place, host in _matches(file, pattern):
            if not known(host):
                yield f"{place}: {host}: a host name that exceptions.py has no reason for"


def known(host: str) -> bool:
    """Tell whether a host name has a reason to stand in the repository."""
    return host.endswith(RESERVED) or any(
        host == name or host.endswith(f".{name}") for name in exceptions.HOSTS
    )


def parses(file: File) -> Iterator[str]:
    """Find data files that are not what their names say."""
    try:
        if file.path.endswith((".yml", ".yaml")):
            list(YAML().load_all(file.text))
        elif file.path.endswith(".json"):
            json.loads(file.text)
        elif file.path.endswith(".toml"):
            tomllib.loads(file.text)
    except (YAMLError, ValueError) as error:
        yield f"{file.path}: {' '.join(str(error).split())}"


def shell(file: File) -> Iterator[str]:
    """Find scripts that bash cannot read."""
    if file.is_script:
        command = ["bash", "-n", "/dev/stdin"]
        done = subprocess.run(command, input=file.text, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{file.path}: {done.stderr.strip()}"


def large_folders(paths: Sequence[str]) -> Iterator[str]:
    """Find folders of more than a dozen source files; a package's __init__.py does not count."""
    sources = [path for path in paths if path.endswith(SOURCE) and "__init__" not in path]
    for folder, count in Counter(path.rpartition("/")[0] for path in sources).items():
        usual = folder in exceptions.LARGE_FOLDERS or folder.endswith("/tests")
        if count > FILES and not usual:
            yield f"{folder}: {count} source files; expected at most {FILES}"


def _matches(file: File, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield where the pattern is found, and its first group or all of it."""
    for match in pattern.finditer(file.text):
        line = file.text.count("\n", 0, match.start()) + 1
        yield f"{file.path}:{line}", match[pattern.groups]


RULES: Sequence[Rule] = (length, words, machine_paths, hosts, parses, shell)
