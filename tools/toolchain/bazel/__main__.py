"""The cold half of bazelw: `python3 tools/toolchain/bazel CHECKOUT FOLDER KEY`.

Chooses a Bazel, fetching Debian's where it must, and writes the choice to FOLDER.
"""

import os
import shutil
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from toolchain.bazel import state, truststore  # noqa: E402
from toolchain.bazel.choose import NAMES, Wanted, choose  # noqa: E402
from toolchain.problems import run  # noqa: E402


def main(arguments: list[str]) -> int:
    """Choose and save; return the exit status."""
    checkout, folder, key = Path(arguments[0]), Path(arguments[1]), arguments[2]
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
    return 0


run(main)
