"""Finds the Python that builds and tests run on: the minor version that the image's base has.

Wheels with compiled code fit one minor version only, and the same wheels go into tests and images.
"""

MINOR = "3.11"

_PROBE = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"

def find_python(ctx):
    """Finds a Python of that version; fails, with a hint, where there is none.

    Args:
      ctx: a repository's or a module extension's context.

    Returns:
      Its path.
    """
    found = []
    for name in ["python" + MINOR, "python3"]:
        path = ctx.which(name)
        if not path:
            continue
        result = ctx.execute([path, "-I", "-c", _PROBE])
        if result.return_code == 0:
            version, executable = result.stdout.splitlines()
            if version == MINOR:
                return executable
            found.append("{} is {}".format(name, version))
    fail("no Python {} on PATH ({}); hint: it is Debian 12's own: apt-get install python3, or run in a debian:12 container".format(
        MINOR,
        ", ".join(found) or "no python3 at all",
    ))
