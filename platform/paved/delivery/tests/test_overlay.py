"""The pin in an overlay: one entry changes, and nothing else."""

from contextlib import suppress
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from paved.delivery.release import overlay
from paved.delivery.testing import OVERLAY, pin_of
from paved.errors import InputError

PIN = pin_of("orders", "1")
ENTRY = {"name": "orders", "newName": PIN.image, "digest": PIN.digest}


def edited(text: str) -> str:
    """Return an overlay with orders pinned."""
    return overlay.pinned(text.encode(), "orders", PIN, "overlay").decode()


def images(text: str) -> list[dict[str, str]]:
    """Return the entries of an overlay."""
    found: list[dict[str, str]] = YAML(typ="safe").load(text)["images"]
    return found


def test_only_the_entry_changes() -> None:
    """Every line of the file but the pin's own stays, comments and odd spacing included."""
    before = OVERLAY.format(environment="dev", service="orders", zeros="0" * 64) + "\n\n# end"
    after = edited(before)
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    new = [line for line in after.splitlines() if line not in before.splitlines()]
    assert gone == [f"    digest: sha256:{'0' * 64}"]
    assert new == [f"    newName: {PIN.image}", f"    digest: {PIN.digest}"]


FORMS = MappingProxyType(
    {
        "no images": "resources: [../../base]\n",
        "empty": "images: []\n",
        "nothing": "images:\n",
        "by name": "images:\n- name: orders\n",
        "by a tag": "images:\n  - name: orders  # why\n    newTag: '1.0'  # old\n\n# tail\n",
        "a tag first": "images:\n  - newTag: '1.0'\n    name: orders\n",
        "a tag and a digest": "images:\n- name: orders\n  newTag: v1\n  digest: sha256:00\n",
        "in one line": "images: [{name: orders, newTag: v1}]\n",
        "quoted": 'images:\n- name: "orders"\n  newName: \'x/y\'\n  digest: "sha256:00"\n',
        "no value": "images:\n- name: orders\n  digest:\n",
        "an anchor": "images:\n- name: orders\n  digest: &it sha256:00\n",
        "no last line end": "images:\n- name: orders",
    }
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_entry(form: str) -> None:
    """However the entry is written, it ends with this image, this digest and no tag."""
    after = edited(FORMS[form])
    assert images(after) == [ENTRY]
    assert after.count("#") == FORMS[form].replace("# old", "").count("#")
    assert overlay.current(after.encode(), "orders", PIN.image, "overlay") == PIN.digest
    assert edited(after) == after


def test_the_entry_of_the_image_wins_over_one_of_the_same_last_word() -> None:
    """An image that is only called like the service is another one when ours is there too."""
    text = f"images:\n- name: other.example.com/orders\n- name: {PIN.image}\n"
    other, ours = images(edited(text))
    assert other == {"name": "other.example.com/orders"}
    assert ours == {"name": PIN.image, "digest": PIN.digest}


plain = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
comments = st.lists(plain.map(lambda text: f"# {text}"), max_size=2)


dashes = st.sampled_from(("- ", "  - "))


@given(st.lists(st.tuples(comments, plain), max_size=4), comments, st.integers(0, 4), dashes)
def test_neighbours_are_left_alone(
    others: list[tuple[list[str], str]], tail: list[str], place: int, dash: str
) -> None:
    """Other entries, their comments and what follows stay byte for byte."""
    blocks = [[*notes, f'{dash}name: "{name}-x"  # {name}'] for notes, name in others]
    blocks.insert(min(place, len(blocks)), [f"{dash}name: orders", f"{dash[:-2]}  newTag: v1"])
    lines = ["images:", *(line for block in blocks for line in block), *tail, "namePrefix: a-"]
    after = edited("\n".join(lines) + "\n").splitlines()
    kept = [line for line in lines if "newTag" not in line]
    assert [line for line in after if PIN.image not in line and PIN.digest not in line] == kept


@pytest.mark.parametrize(
    "text", ["", "- a\n", "images: 3\n", "images: [orders]\n", "images:\n- newTag: v1\n", "a: [\n"]
)
def test_what_is_no_kustomization(text: str) -> None:
    """Anything else is an input error."""
    with pytest.raises(InputError):
        edited(text)


WORDS = (
    *("images:\n", "- ", "  ", "name: ", "orders", "\n", "newTag: ", "digest: ", "&a ", "*a"),
    *("2001-13-45", "{", "}", "[", "]", ":", "'", '"', "!!int x", "|\n", "# c", "? ", "<<: ", "\t"),
    *("%YAML 1.2\n", "---\n", "\0", "é", "0x", "null"),
)
heads = st.sampled_from(("", "images:\n- name: orders\n"))
texts = st.builds(str.__add__, heads, st.lists(st.sampled_from(WORDS)).map("".join))


@given(texts.map(str.encode) | texts.map(lambda text: text.encode("utf-16")) | st.binary())
def test_any_bytes_are_pinned_or_refused(content: bytes) -> None:
    """Whatever is in the file, the result pins the digest, or the file is an input error."""
    with suppress(InputError):
        overlay.images(content, "overlay")
    with suppress(InputError):
        after = overlay.pinned(content, "orders", PIN, "overlay")
        assert overlay.current(after, "orders", PIN.image, "overlay") == PIN.digest


def test_the_images_of_manifests() -> None:
    """Images are found in containers of every kind, and in resources of every kind."""
    manifests = b"""apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {initContainers: [{image: a/init}], containers: [{image: a/main, env: [{value: image}]}]}
---
---
apiVersion: example.com/v1
kind: Custom
spec: {template: {spec: {image: a/custom}}}
"""
    assert overlay.images(manifests, "x") == {"a/init", "a/main", "a/custom"}


@pytest.mark.parametrize("text", [b"- a\n", b"kind: Pod\n", b"apiVersion: v1\n", b"a: {\n"])
def test_what_is_no_manifest(text: bytes) -> None:
    """A document that is no Kubernetes object is an input error."""
    with pytest.raises(InputError):
        overlay.images(text, "x")
