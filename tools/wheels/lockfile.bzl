"""Reads a hashed requirements lock, as `uv pip compile --generate-hashes` writes it.

A distribution's dependencies come from the lock's own `# via` notes, so that nothing has to be
downloaded to know the graph; //tools/wheels/tests compares them with the wheels' metadata.
"""

def normalize(name):
    """Returns a distribution's name as a target name: lower case, `_` for `-` and `.`."""
    return name.lower().replace("-", "_").replace(".", "_")

def parse_lock(text):
    """Parses a lock.

    Args:
      text: the lock file's content.

    Returns:
      A dict from normalized name to struct(name, version, hashes, deps): deps are the sorted
      normalized names of what the distribution needs.
    """
    found = {}
    needed_by = {}
    current = None
    in_via = False
    for line in text.splitlines():
        stripped = line.strip()
        if line and line[0].isalnum():
            name, _, rest = line.partition("==")
            current = normalize(name)
            found[current] = (name, rest.rstrip(" \\").strip(), [])
            needed_by[current] = []
            in_via = False
        elif stripped.startswith("--hash="):
            found[current][2].append(stripped[len("--hash="):].rstrip(" \\"))
        elif stripped.startswith("# via"):
            in_via = True
            needed_by[current].append(stripped[len("# via"):].strip())
        elif in_via and stripped.startswith("#"):
            needed_by[current].append(stripped[1:].strip())
    deps = {name: [] for name in found}
    for name, parents in needed_by.items():
        for parent in parents:
            if normalize(parent) in deps and normalize(parent) != name:
                deps[normalize(parent)].append(name)
    return {
        key: struct(name = name, version = version, hashes = hashes, deps = sorted(deps[key]))
        for key, (name, version, hashes) in found.items()
    }
