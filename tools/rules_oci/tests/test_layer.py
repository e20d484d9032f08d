"""What a layer's description says, and which files are refused."""

import gzip
import hashlib
import lzma
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oci_layout.errors import LayoutError
from oci_layout.layer import describe, load, main

from rules_oci.tests.samples import tar_bytes

SAMPLE = tar_bytes({"etc/motd": b"hello"})


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(max_size=2000)))
def test_compression_changes_the_digest_only(tmp_path: Path, files: dict[str, bytes]):
    """A layer's diff id is the digest of the plain tar, its digest and size the file's own."""
    plain, packed = tmp_path / "layer.tar", tmp_path / "layer.tar.gz"
    plain.write_bytes(tar_bytes(files))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    loose, tight = describe(plain), describe(packed)
    assert loose.digest == loose.diff_id == tight.diff_id == _sha256(plain.read_bytes())
    assert tight.digest == _sha256(packed.read_bytes())
    assert (loose.size, tight.size) == (plain.stat().st_size, packed.stat().st_size)
    assert tight.media_type == loose.media_type + "+gzip"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"not a tar at all" * 64, "not a tar"),
        (b"short", "not a tar"),
        (b"\x28\xb5\x2f\xfd" + bytes(600), "zstd"),
        (lzma.compress(SAMPLE), "xz"),
        (gzip.compress(SAMPLE)[:-12], "not a gzip"),
        (gzip.compress(b"text" * 200), "not a tar"),
        (gzip.compress(b""), "not a tar"),
    ],
)
def test_what_is_no_layer_is_refused(tmp_path: Path, content: bytes, told: str):
    """A file that an engine could not unpack is refused, and the message names it."""
    path = tmp_path / "layer.tar"
    path.write_bytes(content)
    with pytest.raises(LayoutError, match=told) as error:
        describe(path)
    assert str(path) in str(error.value)


def test_the_description_is_read_back(tmp_path: Path):
    """What one action writes about a layer is what the next one reads."""
    path, described = tmp_path / "layer.tar", tmp_path / "layer.json"
    path.write_bytes(SAMPLE)
    assert main([str(path), str(described)]) == 0
    assert load(described) == describe(path)


def test_another_document_is_no_description(tmp_path: Path):
    """A JSON file that does not describe a layer is refused."""
    path = tmp_path / "other.json"
    path.write_text('{"digest": 1}', encoding="utf-8")
    with pytest.raises(LayoutError, match="not the description of a layer"):
        load(path)
