"""What a change does to files, as a unified diff."""

import difflib
from collections.abc import Iterator, Mapping


def unified(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Return how the files of `after` differ from those of `before`, by path.

    Args:
        before: files as they are; one that is not there is new.
        after: files as they will be.
    """
    return "".join(
        line for path in sorted(after) for line in _file(path, before.get(path), after[path])
    )


def _file(path: str, before: bytes | None, after: bytes) -> Iterator[str]:
    source = "/dev/null" if before is None else f"a/{path}"
    old, new = (_lines(content or b"") for content in (before, after))
    for line in difflib.unified_diff(old, new, source, f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n"


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines(keepends=True)
