"""The cold half of bazelw, and the lock of Debian's Bazel.

    python3 tools/toolchain/bazel CHECKOUT FOLDER KEY    choose a Bazel, as bazelw asks for it
    python3 tools/toolchain/bazel lock                   lock what Debian has now

The first fetches Debian's Bazel where it must, and writes the choice to FOLDER.
"""

import os
import shutil
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from toolchain.bazel import assemble, state, truststore  # noqa: E402
from toolchain.bazel.choose import NAMES, Wanted, choose  # noqa: E402
from toolchain.problems import note, run  # noqa: E402


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit status."""
    if arguments == ["lock"]:
        note(f"locked {len(assemble.relock())} packages in {assemble.LOCK}")
    else:
        checkout, folder, key = arguments
        _choose(Path(checkout), Path(folder), key)
    return 0


def _choose(checkout: Path, folder: Path, key: str) -> None:
    forced = os.environ.get("PAVED_BAZEL", "")
    own = (checkout / "bazelw").resolve()
    found = {name: shutil.which(name) for name in NAMES.values()}
    wanted = Wanted(
        checkout=checkout,
        oldest=(checkout / ".bazelversion").read_text(encoding="utf-8").strip(),
        on_path={n: Path(p) for n, p in found.items() if p and Path(p).resolve() != own},
        bazel=str(Path(forced).absolute()) if "/" in forced else forced,
        modules=os.environ.get("PAVED_REGISTRY", ""),
    )
    compiler = bool(os.environ.get("CC") or shutil.which("gcc"))
    machine = state.Machine(compiler, truststore.of_this_machine())
    state.save(choose(wanted), machine, key, checkout, folder)


run(main)
