"""Small layers and images that the tests are made of."""

import gzip
import io
import tarfile
from pathlib import Path

from oci_layout.image import Added, scratch, write
from oci_layout.layer import describe
from oci_layout.layout import JsonObject, image_manifest
from oci_layout.settings import Settings

AMD64: JsonObject = {"architecture": "amd64", "os": "linux"}


def tar_bytes(files: dict[str, bytes]) -> bytes:
    """Return an uncompressed tar with these files."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for name, content in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return output.getvalue()


def layer(folder: Path, name: str, *, compressed: bool = False) -> Added:
    """Return a layer with one file, written below `folder`."""
    data = tar_bytes({f"app/{name}": name.encode()})
    path = folder / f"{name}.tar"
    path.write_bytes(gzip.compress(data, mtime=0) if compressed else data)
    return Added(describe(path), path, f"//app:{name}")


def image(folder: Path, name: str = "image", settings: Settings | None = None) -> Path:
    """Return the layout of an image with two layers, written below `folder`."""
    root = folder / name
    layers = [layer(folder, "one"), layer(folder, "two", compressed=True)]
    write(root, scratch(AMD64), layers, settings or Settings())
    return root


def manifest(root: Path) -> JsonObject:
    """Return the manifest of the single image in a layout."""
    return image_manifest(root)[1]
