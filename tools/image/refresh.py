"""Makes base.lock.json anew from the package index that apt has, for a maintainer to review.

    apt-get update && PYTHONPATH=tools python3 -m image.refresh

It follows Depends and Pre-Depends from the lock's roots, past what the lock leaves out. The first
of several alternatives that the index has is taken. The suite's main archive only: the security
archive's pool drops what it has superseded, and a lock has to stay fetchable.
"""

import argparse
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from image.lock import LOCK, dump, load
from toolchain.debian import Deb
from toolchain.problems import Problem, ToolchainError, note, run

FIELD = re.compile(
    r"^(Package|Version|Filename|SHA256|Size|Depends|Pre-Depends): (.*)$", re.MULTILINE
)
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
Stanza = Mapping[str, str]


def index(text: str) -> dict[str, Stanza]:
    """Return the stanzas of a Packages file by package name; the first one of a name counts."""
    found: dict[str, Stanza] = {}
    for stanza in text.split("\n\n"):
        fields = dict(FIELD.findall(stanza))
        if "Package" in fields:
            found.setdefault(fields["Package"], fields)
    return found


def closure(
    stanzas: Mapping[str, Stanza], roots: tuple[str, ...], left_out: frozenset[str]
) -> list[Deb]:
    """Return the packages that `roots` need, without those in `left_out`, by name.

    Raises:
        ToolchainError: the index lacks some of them; every one is named.
    """
    found: dict[str, Deb] = {}
    missing: dict[str, str] = {}
    waiting = [(root, "the lock's roots") for root in roots]
    while waiting:
        name, wanted_by = waiting.pop()
        if name in found or name in left_out:
            continue
        if name not in stanzas:
            missing[name] = wanted_by
            continue
        found[name] = _deb(stanzas[name])
        waiting += [(one, name) for one in needs(stanzas[name], stanzas, left_out)]
    if missing:
        raise ToolchainError(*(_absent(*item) for item in sorted(missing.items())))
    return sorted(found.values(), key=lambda deb: deb.package)


def needs(stanza: Stanza, stanzas: Mapping[str, Stanza], left_out: frozenset[str]) -> Iterator[str]:
    """Yield one package for each dependency: the first alternative that can be had."""
    for field in ("Pre-Depends", "Depends"):
        for clause in filter(None, stanza.get(field, "").split(",")):
            names = NAME.findall(re.sub(r"\([^)]*\)|:\w+", "", clause))
            if not left_out.intersection(names):
                yield next((name for name in names if name in stanzas), names[0])


def _deb(stanza: Stanza) -> Deb:
    return Deb(
        stanza["Package"],
        stanza["Version"],
        stanza["Filename"],
        stanza["SHA256"],
        int(stanza["Size"]),
    )


def _absent(name: str, wanted_by: str) -> Problem:
    return Problem(
        what=f"the index has no package {name}, which {wanted_by} need",
        where=name,
        hint="apt-get update; a virtual package goes into the lock's left_out or roots",
    )


def _apt_index(suite: str) -> str:
    """Return the Packages file of the suite's main archive, as apt last fetched it."""
    filters = [f"Codename: {suite}", "Label: Debian", "Component: main", "Created-By: Packages"]
    listed = _output(["apt-get", "indextargets", "--format", "$(FILENAME)", *filters])
    if not listed:
        what = f"apt has no index of {suite}'s main archive"
        raise ToolchainError(
            Problem(what=what, hint="run this on that suite, after apt-get update")
        )
    return _output(["/usr/lib/apt/apt-helper", "cat-file", listed.splitlines()[0]])


def _output(command: list[str]) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main(arguments: list[str]) -> int:
    """Rewrite the lock."""
    parser = argparse.ArgumentParser(prog="image.refresh", allow_abbrev=False)
    parser.add_argument("--index", type=Path, help="a Packages file, instead of apt's")
    options = parser.parse_args(arguments)
    old = load()
    text = options.index.read_text(encoding="utf-8") if options.index else _apt_index(old.suite)
    packages = closure(index(text), old.roots, frozenset(dict(old.left_out)))
    LOCK.write_text(dump(replace(old, packages=tuple(packages))), encoding="utf-8")
    note(f"{LOCK.name}: {len(packages)} packages, {sum(deb.size for deb in packages)} bytes")
    return 0


if __name__ == "__main__":
    run(main)
