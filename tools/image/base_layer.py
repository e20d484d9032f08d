"""Lays Debian packages out as an image's lowest layer: Python and the libraries under it.

    python3 -m image.base_layer --output TAR DEB...

No package script runs. What the scripts would have made and a Python service needs is made here:
the bundle of certificates, users, name service configuration. Packages are recorded in
/var/lib/dpkg/status.d, where scanners look. Documentation is left out, licences stay.
"""

import argparse
import re
import tarfile
from pathlib import Path

from image import deb
from image.tree import Directory, Entry, File, Symlink, Tree
from toolchain.problems import Problem, ToolchainError, run

NONROOT = 65532
MERGED = ("bin", "lib", "lib64", "sbin")
CERTIFICATES = "usr/share/ca-certificates/"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
LEFT_OUT = re.compile(
    r"usr/share/(doc/.*(?<!/copyright)|(applications|apport|bash-completion|binfmts|bug|doc-base"
    r"|info|lintian|locale|man|menu|pixmaps)(/.*)?)$"
    r"|usr/share/zoneinfo/(posix|right)(/.*)?$"  # the same zones again, and with leap seconds
    r"|usr/lib/[^/]+/gconv(/.*)?$"  # iconv(3), which Python does not use
    r"|usr/lib/valgrind(/.*)?$"
    r"|usr/sbin/.*$"  # for administrators, and of packages whose scripts do not run
    r"|etc/(init\.d|logrotate\.d|cron\.[a-z]+|default|update-motd\.d)(/.*)?$"
    r"|.*/__pycache__(/.*)?$"
)
MADE: dict[str, Entry] = {
    "etc/passwd": File(
        b"root:x:0:0:root:/root:/usr/sbin/nologin\n"
        b"nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin\n"
        b"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    ),
    "etc/group": File(b"root:x:0:\nnonroot:x:65532:\nnogroup:x:65534:\n"),
    "etc/nsswitch.conf": File(
        b"passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"
    ),
    "home/nonroot": Directory(0o700, NONROOT),
    "tmp": Directory(0o1777),
    "usr/lib/ssl/cert.pem": Symlink("/" + BUNDLE),  # where OpenSSL looks without being told
}


def layer(debs: list[Path]) -> Tree:
    """Return the layer of the package files `debs`, whatever their order."""
    tree = Tree()
    certificates: dict[str, bytes] = {}
    for package in sorted(debs):
        for path, info, content in deb.files(package):
            place = merged(path)
            if place.startswith(CERTIFICATES):
                certificates[place] = content
            elif place not in MADE and not LEFT_OUT.match(place):
                tree.add(place, _entry(package, info, content))
        tree.add(*_record(package))
    for path, entry in MADE.items():
        tree.add(path, entry)
    for name in MERGED:
        tree.add(name, Symlink(f"usr/{name}"))
        tree.add(f"usr/{name}", Directory())
    tree.add(BUNDLE, File(bundle(certificates)))
    return tree


def merged(path: str) -> str:
    """Return where `path` lies once /bin, /lib and the like are links into /usr."""
    return f"usr/{path}" if path.partition("/")[0] in MERGED else path


def bundle(certificates: dict[str, bytes]) -> bytes:
    """Return the certificates, by path, as one PEM file in the order of their paths."""
    texts = (certificates[path] for path in sorted(certificates) if path.endswith(".crt"))
    return b"".join(text.rstrip(b"\n") + b"\n" for text in texts)


def _entry(package: Path, info: tarfile.TarInfo, content: bytes) -> Entry:
    if info.isdir():
        return Directory(info.mode & 0o1777)
    if info.issym():
        return Symlink(info.linkname)
    if info.isfile() or info.islnk():
        return File(content, info.mode & 0o777)
    what = f"neither a file, a folder nor a link: {info.name}"
    raise ToolchainError(Problem(what=what, where=str(package)))


def _record(package: Path) -> tuple[str, Entry]:
    """Return where scanners look for the package, and what they find: its control fields."""
    control = deb.control(package)
    name, _, rest = control.partition("\n")
    place = "var/lib/dpkg/status.d/" + name.removeprefix("Package:").strip()
    return place, File(f"{name}\nStatus: install ok installed\n{rest}".encode())


def main(arguments: list[str]) -> int:
    """Write the layer of the packages that the arguments name."""
    parser = argparse.ArgumentParser(prog="image.base_layer", allow_abbrev=False)
    parser.add_argument("output", type=Path)
    parser.add_argument("debs", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    with options.output.open("wb") as output:
        layer(options.debs).write(output)
    return 0


if __name__ == "__main__":
    run(main)
