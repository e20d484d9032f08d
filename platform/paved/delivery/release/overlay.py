"""The pin in a Kustomize overlay: its `images:` entry, edited in place, and what it renders to.

Comments, order and everything else in the file stay as they are.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from paved.delivery.release.loading import load
from paved.delivery.release.model import Pin
from paved.errors import InputError, Problem

_FIELDS = ("name", "newName", "digest")
_SCALAR = re.compile(r""""[^"]*"|'[^']*'|[^\s#][^\s]*""")


def pinned(content: bytes, service: str, pin: Pin, where: str) -> bytes:
    """Return the overlay's kustomization with `service` at `pin`.

    The entry that names the service or its image is edited, or one is added. Raises InputError
    when `content` is not a kustomization.
    """
    document = _load(content, where)
    entry = _find(_images(document, where), service, pin.image)
    wanted = {"digest": pin.digest}
    if entry is None or entry["name"] != pin.image:
        wanted["newName"] = pin.image
    if entry is not None and _one_line_each(entry):
        edited = _edited(content, entry, wanted)
        if current(edited, service, pin.image, where) == pin.digest:
            return edited
    return _rewritten(content, document, entry, {"name": service} | wanted)


def current(content: bytes, service: str, image: str, where: str) -> str:
    """Return the digest that the overlay pins `service` or `image` to, empty when it does not."""
    entry = _find(_images(_load(content, where), where), service, image)
    return "" if entry is None else str(entry.get("digest", ""))


def images(manifests: bytes, where: str) -> frozenset[str]:
    """Return every image that rendered manifests run; InputError when one is not an object."""
    found: set[str] = set()
    for document in load(manifests, where):
        if document is not None:
            found.update(_walk(_manifest(document, where)))
    return frozenset(found)


def _manifest(document: object, where: str) -> Mapping[object, object]:
    if isinstance(document, Mapping) and document.get("apiVersion") and document.get("kind"):
        return document
    raise InputError(Problem("a rendered document has no apiVersion or kind", where=where))


def _walk(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "image" and isinstance(value, str):
                yield value
            else:
                yield from _walk(value)
    elif isinstance(node, Sequence) and not isinstance(node, str | bytes):
        for item in node:
            yield from _walk(item)


def _load(content: bytes, where: str) -> CommentedMap:
    found = load(content, where, keep=True)
    if len(found) == 1 and isinstance(found[0], CommentedMap):
        return found[0]
    raise InputError(Problem("not a kustomization", where=where, expected="a mapping"))


def _images(document: CommentedMap, where: str) -> CommentedSeq:
    entries = document.setdefault("images", CommentedSeq())
    if entries is None:
        entries = document["images"] = CommentedSeq()
    if isinstance(entries, CommentedSeq) and all(
        isinstance(entry, CommentedMap) and "name" in entry for entry in entries
    ):
        return entries
    expected = "a list of {name, newName, digest}"
    raise InputError(Problem("images is not a list of images", where=where, expected=expected))


def _find(entries: CommentedSeq, service: str, image: str) -> CommentedMap | None:
    """Return the entry for `image`, else the one for an image that is called like the service."""
    for entry in entries:
        if image in (entry["name"], entry.get("newName")):
            return cast("CommentedMap", entry)
    for entry in entries:
        if str(entry["name"]).rpartition("/")[2] == service:
            return cast("CommentedMap", entry)
    return None


def _one_line_each(entry: CommentedMap) -> bool:
    """Return whether every field of `entry` has a line of its own, a tag not the dash's."""
    if next(iter(entry)) == "newTag":
        return False
    lines = [(entry.lc.key(key)[0], entry.lc.value(key)[0]) for key in entry]
    return all(key == value for key, value in lines) and len(set(lines)) == len(lines)


def _edited(content: bytes, entry: CommentedMap, wanted: Mapping[str, str]) -> bytes:
    """Return `content` with only the lines of `entry` that have to change changed."""
    lines = content.decode().splitlines(keepends=True)
    name, column = entry.lc.key("name")
    added = [
        f"{' ' * column}{key}: {wanted[key]}\n"
        for key in _FIELDS
        if key in set(wanted) - set(entry)
    ]
    for key in set(wanted) & set(entry):
        line, start = entry.lc.value(key)
        old = lines[line]
        lines[line] = old[:start] + _SCALAR.sub(wanted[key], old[start:], count=1)
    lines[name] = "".join((lines[name].rstrip("\n") + "\n", *added))
    if "newTag" in entry:
        lines[entry.lc.key("newTag")[0]] = ""
    return "".join(lines).encode()


def _rewritten(
    content: bytes, document: CommentedMap, entry: CommentedMap | None, wanted: Mapping[str, str]
) -> bytes:
    """Return the whole document written anew, in the file's own way to indent lists."""
    if entry is None:
        document["images"].append(
            CommentedMap((key, wanted[key]) for key in _FIELDS if key in wanted)
        )
    else:
        entry.pop("newTag", None)
        entry.update({key: value for key, value in wanted.items() if key != "name"})
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    if any(line.startswith(b"  - ") for line in content.splitlines()):
        yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.BytesIO()
    yaml.dump(document, out)
    return out.getvalue()
