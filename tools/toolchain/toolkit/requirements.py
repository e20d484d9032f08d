"""Reads a hashed requirements lock, as `uv pip compile --generate-hashes` writes it.

Which distribution needs which is taken from the lock's `# via` notes, so that a part of the lock
can be chosen without a network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from toolchain.problems import Problem, ToolchainError

TOOLKIT = "paved (pyproject.toml)"
PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s\\;]+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution of the lock.

    Args:
        name: normalized (PEP 503).
        version: the locked version.
        text: its lines in the lock, with hashes.
        via: what needs it: normalized names, and `project (file)` or `project (file:group)`.
    """

    name: str
    version: str
    text: str
    via: tuple[str, ...]


def parse(text: str, where: str = "requirements.lock") -> dict[str, Pin]:
    """Return the lock's distributions by normalized name.

    Raises:
        ToolchainError: a line is none that uv writes, or a distribution has no hash.
    """
    found: dict[str, Pin] = {}
    problems: list[Problem] = []
    for number, block in _blocks(text):
        match = PIN.match(block[0])
        if not match or not any("--hash=sha256:" in line for line in block):
            problems.append(_malformed(f"{where}:{number}", block[0]))
            continue
        name = normalized(match["name"])
        found[name] = Pin(name, match["version"], "\n".join(block) + "\n", _via(block))
    if problems:
        raise ToolchainError(*problems)
    return found


def normalized(name: str) -> str:
    """Return a distribution's name as PEP 503 normalizes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _blocks(text: str) -> list[tuple[int, list[str]]]:
    """Return (line number, lines) of each requirement; the comment on top is not one."""
    blocks: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line[0].isspace() and not line.startswith("#"):
            blocks.append((number, [line]))
        elif blocks and line.strip():
            blocks[-1][1].append(line)
    return blocks


def _via(block: list[str]) -> tuple[str, ...]:
    notes = [line.strip().lstrip("#").strip() for line in block if line.strip().startswith("#")]
    sources = [note.removeprefix("via").strip() for note in notes]
    return tuple(each if "(" in each else normalized(each) for each in sources if each)


def _malformed(where: str, line: str) -> Problem:
    return Problem(
        what=f"is not a hashed pin: {line[:60]!r}",
        where=where,
        expected="name==version with --hash=sha256:...",
        hint="make the lock again: tools/toolchain/lock-requirements",
    )


def closure(pins: Mapping[str, Pin], root: str = TOOLKIT) -> list[Pin]:
    """Return what `root` needs, directly or not, in the lock's order.

    Args:
        pins: see `parse`.
        root: a project as the lock's notes name it.
    """
    needs: dict[str, list[str]] = {}
    for pin in pins.values():
        for source in pin.via:
            needs.setdefault(source, []).append(pin.name)
    reached: set[str] = set()
    waiting = list(needs.get(root, ()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += needs.get(name, ())
    return [pin for name, pin in pins.items() if name in reached]
