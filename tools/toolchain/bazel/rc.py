"""The rc files that bazelw hands to Bazel, written once per checkout.

`bazel.rc` goes with every call; `paved.rc` is added where the workspace is this checkout, and
`consumer.rc` where it depends on the module paved. Values are quoted: paths may have spaces.
"""

from pathlib import Path

from toolchain.bazel.assemble import Bazel
from toolchain.bazel.registry import Mirror

TMP = Path("/tmp")  # noqa: S108 - where Bazel's sandbox mounts another one


def quoted(command: str, option: str) -> str:
    """Return one line of an rc file, safe for spaces, quotes and backslashes in `option`."""
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'{command} "{escaped}"\n'


def for_debian(bazel: Bazel) -> str:
    """Return the options that Debian's relocated Bazel starts with.

    The last one stops Java's second compiler: it halves the CPU time of a first build (13 s to
    7 s for one small test), which a graph of this size never earns back.
    """
    options = (
        f"--server_javabase={bazel.java_home}",
        f"--install_base={bazel.install_base}",
        "--trust_install_base",
        "--host_jvm_args=-XX:TieredStopAtLevel=1",
    )
    return "".join(quoted("startup", option) for option in options)


def for_mirror(mirror: Mirror, registry: Path) -> str:
    """Return the options that resolve modules without the Bazel Central Registry."""
    options = (
        f"--registry={registry.as_uri()}",
        "--noenable_workspace",  # Debian's Bazel has no WORKSPACE suffix to go with
        "--lockfile_mode=off",  # overridden modules cannot be locked
    )
    return "".join(quoted("common", option) for option in options) + for_modules(mirror.always)


def for_modules(folders: dict[str, Path]) -> str:
    """Return the options that put `folders` in place of modules.

    An action's /tmp is its own, so that a module below /tmp would not be there: Bazel lets
    actions see the machine's /tmp then.
    """
    options = (f"--override_module={name}={path}" for name, path in sorted(folders.items()))
    lines = [quoted("common", option) for option in options]
    if any(folder.is_relative_to(TMP) for folder in folders.values()):
        lines.append(quoted("build", "--noincompatible_sandbox_hermetic_tmp"))
    return "".join(lines)
