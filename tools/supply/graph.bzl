"""An aspect that walks Python libraries and tells which wheels and platform parts need which.

A wheel is a target whose own data holds a `*.dist-info/METADATA`, wherever it comes from. A target
of this module below platform/ belongs to the part named by the next folder. All else is the
service's own.
"""

GraphInfo = provider(
    doc = "What a target is part of, and the edges below it.",
    fields = {
        "edges": "depset of structs: `key` needs each of the tuple `needs`.",
        "key": "`wheel:<name>`, `platform:<part>` or `service`.",
        "wheels": "depset of structs: key, name, version.",
    },
)

SERVICE = "service"
_PLATFORM = "platform/"
_END = ".dist-info"

def distribution(file):
    """Tells which wheel a file describes.

    Args:
      file: any file; `<name>-<version>.dist-info/METADATA` describes a wheel.

    Returns:
      struct(key, name, version), or None where the file describes none.
    """
    folder = file.dirname.rpartition("/")[2]
    if file.basename != "METADATA" or not folder.endswith(_END):
        return None
    name, _, version = folder.removesuffix(_END).rpartition("-")
    return struct(key = "wheel:" + name, name = name, version = version)

def _key(target, wheels):
    if wheels:
        return wheels[0].key
    label = target.label
    ours = label.workspace_name == Label("//tools/supply:graph.bzl").workspace_name
    if ours and label.package.startswith(_PLATFORM):
        return "platform:" + label.package.removeprefix(_PLATFORM).partition("/")[0]
    return SERVICE

def _graph_aspect_impl(target, ctx):
    own = getattr(ctx.rule.files, "data", []) + getattr(ctx.rule.files, "srcs", [])
    wheels = [found for found in [distribution(file) for file in own] if found]
    key = _key(target, wheels)
    below = [
        dep[GraphInfo]
        for attribute in ("deps", "data", "srcs", "actual")
        for dep in _as_list(getattr(ctx.rule.attr, attribute, []))
        if type(dep) == "Target" and GraphInfo in dep
    ]
    needs = {info.key: None for info in below if info.key != key}
    return [GraphInfo(
        edges = depset(
            [struct(key = key, needs = tuple(sorted(needs)))],
            transitive = [info.edges for info in below],
        ),
        key = key,
        wheels = depset(wheels, transitive = [info.wheels for info in below]),
    )]

def _as_list(value):
    return value if type(value) == "list" else [value]

graph_aspect = aspect(
    implementation = _graph_aspect_impl,
    attr_aspects = ["deps", "data", "srcs", "actual"],
    doc = "Collects the wheels and platform parts below a Python library.",
)

def bill(library, service, version, platform_version):
    """Collects the bill of inputs that `paved.supply.claims.bill` reads.

    Args:
      library: the target, with the aspect applied.
      service: the service's name.
      version: the service's version, or "".
      platform_version: this module's version.

    Returns:
      A dict of `service`, `platform` and `wheels`, each node with name, version and needs.
    """
    info = library[GraphInfo]
    edges = {}
    for edge in info.edges.to_list():
        edges[edge.key] = edges.get(edge.key, {}) | {need: None for need in edge.needs}
    wheels = {found.key: found for found in info.wheels.to_list()}
    for found in _in_runfiles(library):
        if found.key not in wheels:
            wheels[found.key] = found
            edges[info.key] = edges.get(info.key, {}) | {found.key: None}
    return {
        "platform": [
            _node(edges, key, key.removeprefix("platform:"), platform_version)
            for key in sorted(edges)
            if key.startswith("platform:")
        ],
        "service": _node(edges, SERVICE, service, version),
        "wheels": [_node(edges, key, wheels[key].name, wheels[key].version) for key in sorted(wheels)],
    }

def _in_runfiles(library):
    files = library[DefaultInfo].default_runfiles.files.to_list()
    return [found for found in [distribution(file) for file in files] if found]

def _node(edges, key, name, version):
    return {"name": name, "needs": sorted(edges.get(key, {})), "version": version}
