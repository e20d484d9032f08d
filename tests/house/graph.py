"""What the BUILD files say, without Bazel: targets with the labels that they name.

A test cannot ask Bazel about the graph that it is itself a part of. BUILD files are Python as far
as their syntax goes, so they are run here, with every rule and macro replaced by one that
remembers its arguments. Leaves out what a macro adds, and all that is not of this repository.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from house import checkout

BUILD = "BUILD.bazel"
BUILTINS = ("len", "range", "sorted")


@dataclass(frozen=True, slots=True)
class Target:
    """A target as its BUILD file writes it.

    Args:
        kind: the rule or macro.
        labels: by attribute, the absolute labels; what is given without a name is in `srcs`.
    """

    kind: str
    labels: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Graph:
    """Targets by label."""

    targets: dict[str, Target] = field(default_factory=dict)

    def sources(self, *kinds: str) -> set[str]:
        """Return the paths in `srcs` of the targets of these kinds."""
        return {
            path(label)
            for target in self.targets.values()
            if target.kind in kinds
            for label in target.labels.get("srcs", ())
        }

    def named(self) -> set[str]:
        """Return every path that some target names."""
        groups = (group for target in self.targets.values() for group in target.labels.values())
        return {path(label) for label in chain.from_iterable(groups)}

    def reached(self, label: str) -> set[str]:
        """Return the paths that `label` builds on, however far away."""
        seen: set[str] = set()
        waiting = [label]
        while waiting:
            current = waiting.pop()
            if current not in seen and current in self.targets:
                waiting += chain.from_iterable(self.targets[current].labels.values())
            seen.add(current)
        return {path(each) for each in seen - self.targets.keys()}


def path(label: str) -> str:
    """Return the path that the label of a file stands for."""
    return label.removeprefix("//").replace(":", "/").lstrip("/")


def read() -> Graph:
    """Return the graph of every tracked BUILD file."""
    graph = Graph()
    for file in checkout.paths(BUILD, f"*/{BUILD}"):
        package = file.removesuffix(BUILD).rstrip("/")
        graph.targets |= evaluate(package, checkout.files()[file].text, checkout.paths())
    return graph


def evaluate(package: str, text: str, paths: Sequence[str]) -> dict[str, Target]:
    """Return the targets of one BUILD file.

    Args:
        package: its folder.
        text: its content.
        paths: the repository's files, which globs look at.
    """
    targets: dict[str, Target] = {}

    def rule(kind: str) -> Callable[..., None]:
        def remember(*positional: object, **attributes: object) -> None:
            given = attributes or {"srcs": positional}
            labels = {key: tuple(_labels(package, value)) for key, value in given.items()}
            labels.pop("name", None)
            targets[f"//{package}:{attributes.get('name', len(targets))}"] = Target(kind, labels)

        return remember

    def glob(include: list[str], exclude: Sequence[str] = (), **_: object) -> list[str]:
        inside = list(_inside(package, paths))
        left_out = {each for each in inside for pattern in exclude if _fits(pattern, each)}
        found = (each for each in inside for pattern in include if _fits(pattern, each))
        return sorted(set(found) - left_out)

    names = _Names(rule, glob=glob, load=lambda *_: None, module_version=str)
    exec(compile(text, f"//{package}", "exec"), names)  # noqa: S102
    return targets


class _Names(dict[str, object]):
    """The names of a BUILD file: those that are given, a few of Python's, and rules."""

    def __init__(self, rule: Callable[[str], object], **given: object) -> None:
        super().__init__(given)
        self._rule = rule

    def __missing__(self, name: str) -> object:
        if name in BUILTINS:
            raise KeyError(name)
        return self._rule(name)


def _labels(package: str, value: object) -> Iterator[str]:
    """Yield the labels of this repository that `value` may be, in absolute form."""
    if isinstance(value, str) and value.startswith("//"):
        yield value if ":" in value else f"{value}:{value.rpartition('/')[2]}"
    elif isinstance(value, str) and value and not value.startswith("@"):
        yield f"//{package}:{value.removeprefix(':')}"
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _labels(package, each)


def _inside(package: str, paths: Sequence[str]) -> Iterator[str]:
    """Yield the package's files from its folder; a folder below with a BUILD file is another's."""
    prefix = f"{package}/" if package else ""
    below = [each for each in paths if each.startswith(prefix)]
    others = tuple(
        each.removesuffix(BUILD)
        for each in below
        if each.endswith(f"/{BUILD}") and each != f"{prefix}{BUILD}"
    )
    return (each.removeprefix(prefix) for each in below if not each.startswith(others))


def _fits(pattern: str, name: str) -> bool:
    return _expression(pattern).fullmatch(name) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    """Return a glob's pattern as an expression: `*` stays in a folder, `**` does not."""
    parts = re.split(r"(\*\*/|\*\*|\*)", pattern)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts))
