"""What becomes of Debian packages in the base's layer."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image.base_layer import LEFT_OUT, bundle, layer, main, merged
from image.tests.debs import deb, directory, link
from image.tree import Directory, Entry, File, Symlink
from toolchain.problems import ToolchainError


def _layer(*debs: Path) -> dict[str, Entry]:
    return dict(layer(list(debs)).items())


def test_paths_are_merged_into_usr(tmp_path: Path):
    """/bin, /lib, /lib64 and /sbin are links, and what packages put there lies below /usr."""
    package = deb(tmp_path, "libc6", {"lib": directory(), "lib/x/libc.so.6": b"\x7fELF"})
    found = _layer(package)
    assert found["usr/lib/x/libc.so.6"] == File(b"\x7fELF", 0o640)
    links = {
        name: entry
        for name, entry in found.items()
        if "/" not in name and isinstance(entry, Symlink)
    }
    assert links == {name: Symlink(f"usr/{name}") for name in ("bin", "lib", "lib64", "sbin")}


@settings(deadline=None)
@given(st.from_regex(r"(bin|lib|lib64|sbin|usr|etc|library)(/[a-z]{1,4}){0,2}", fullmatch=True))
def test_merging_twice_is_merging_once(path: str):
    """A merged path stays where it is, and no path is left in a folder that is a link."""
    assert merged(merged(path)) == merged(path)
    assert merged(path).partition("/")[0] not in ("bin", "lib", "lib64", "sbin")


def test_certificates_become_one_bundle(tmp_path: Path):
    """The certificates are in one file, in order, where OpenSSL looks, and nowhere else."""
    folder = "usr/share/ca-certificates/mozilla"
    package = deb(
        tmp_path,
        "ca",
        {f"{folder}/b.crt": b"B\n", f"{folder}/a.crt": b"A", f"{folder}/x.txt": b"-"},
    )
    found = _layer(package)
    assert found["etc/ssl/certs/ca-certificates.crt"] == File(b"A\nB\n")
    assert found["usr/lib/ssl/cert.pem"] == Symlink("/etc/ssl/certs/ca-certificates.crt")
    assert [path for path in found if path.startswith(folder)] == []


def test_the_bundle_ends_each_certificate_with_a_newline():
    """Certificates without a final newline do not run into each other."""
    assert bundle({"2.crt": b"two\n\n", "1.crt": b"one"}) == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("usr/share/doc/libc6/copyright", False),
        ("usr/share/doc/libc6/changelog.gz", True),
        ("usr/share/doc/libc6/nocopyright", True),
        ("usr/share/man/man1/python3.11.1.gz", True),
        ("usr/share/manual", False),
        ("usr/share/locale/de/LC_MESSAGES/x.mo", True),
        ("usr/share/zoneinfo/right/UTC", True),
        ("usr/share/zoneinfo/Europe/Berlin", False),
        ("usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", True),
        ("usr/lib/x86_64-linux-gnu/libc.so.6", False),
        ("usr/lib/python3.11/__pycache__/os.cpython-311.pyc", True),
        ("usr/lib/python3.11/os.py", False),
    ],
)
def test_documentation_goes_and_licences_stay(path: str, *, left_out: bool):
    """Manuals, translations and changelogs are left out; copyright files and code are not."""
    assert bool(LEFT_OUT.match(path)) is left_out


def test_scanners_find_each_package(tmp_path: Path):
    """Each package's control fields are in status.d, marked as installed."""
    found = _layer(deb(tmp_path, "a", {}), deb(tmp_path, "b", {}))
    assert found["var/lib/dpkg/status.d/a"] == File(
        b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"
    )
    assert "var/lib/dpkg/status.d/b" in found


def test_nonroot_is_a_user_with_a_home(tmp_path: Path):
    """User 65532 has a name and a home of its own, and /tmp is for all."""
    found = _layer(deb(tmp_path, "base-files", {"tmp": directory(0o700), "etc/passwd": b"x"}))
    assert isinstance(found["etc/passwd"], File)
    assert b"nonroot:x:65532:65532:" in bytes(found["etc/passwd"].content)
    assert (found["home/nonroot"], found["tmp"]) == (Directory(0o700, 65532), Directory(0o1777))


def test_hard_links_are_files_and_setuid_goes(tmp_path: Path):
    """A hard link has the content of what it points at; no mode grants another user's rights."""
    content: dict[str, bytes | tarfile.TarInfo] = {
        "usr/a": b"data",
        "usr/b": link("./usr/a", tarfile.LNKTYPE),
        "usr/c": directory(0o2775),
    }
    found = _layer(deb(tmp_path, "p", content))
    assert isinstance(found["usr/b"], File)
    assert found["usr/b"].content == b"data"
    assert found["usr/c"] == Directory(0o775)


def test_the_order_of_packages_does_not_matter(tmp_path: Path):
    """Packages named in another order give the same bytes."""
    debs = [str(deb(tmp_path, name, {f"usr/{name}": name.encode()})) for name in "cab"]
    first, second = tmp_path / "1.tar", tmp_path / "2.tar"
    assert (main([str(first), *debs]), main([str(second), *sorted(debs)])) == (0, 0)
    assert first.read_bytes() == second.read_bytes()


def test_two_packages_cannot_have_one_file(tmp_path: Path):
    """Packages that both bring a file with different content are refused."""
    with pytest.raises(ToolchainError, match="usr/x: two things claim one path"):
        _layer(deb(tmp_path, "a", {"usr/x": b"1"}), deb(tmp_path, "b", {"usr/x": b"2"}))


def test_devices_are_refused(tmp_path: Path):
    """A layer holds files, folders and links only."""
    device = tarfile.TarInfo()
    device.type = tarfile.CHRTYPE
    with pytest.raises(ToolchainError, match="neither a file, a folder nor a link"):
        _layer(deb(tmp_path, "a", {"dev/null": device}))


@pytest.mark.parametrize("damage", [b"", b"!<arch>\n", b"PK\x03\x04"])
def test_what_is_no_package_is_refused(tmp_path: Path, damage: bytes):
    """A file that is no Debian package is refused, by its name and with a hint."""
    path = tmp_path / "broken.deb"
    path.write_bytes(damage)
    with pytest.raises(ToolchainError, match=r"broken\.deb(?s:.)*fetch it again"):
        _layer(path)


def test_a_cut_package_is_refused(tmp_path: Path):
    """A package whose archive ends early is refused rather than half unpacked."""
    path = deb(tmp_path, "cut", {"usr/x": bytes(range(256)) * 40})
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ToolchainError, match=r"cut\.deb: not a usable Debian package"):
        _layer(path)


def test_links_keep_their_target(tmp_path: Path):
    """A symbolic link is taken as it is written."""
    found = _layer(deb(tmp_path, "p", {"lib64/ld.so": link("/lib/x/ld.so")}))
    assert found["usr/lib64/ld.so"] == Symlink("/lib/x/ld.so")
    output = io.BytesIO()
    layer([tmp_path / "p.deb"]).write(output)
    with tarfile.open(fileobj=io.BytesIO(output.getvalue())) as tar:
        assert tar.getmember("usr/lib64/ld.so").linkname == "/lib/x/ld.so"
