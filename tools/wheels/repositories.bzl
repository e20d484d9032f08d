"""Repository rules behind the wheels extension: one per distribution, and the hub."""

_WHEEL_BUILD = """\
load("@rules_python//python:defs.bzl", "py_library")

package(default_visibility = ["//visibility:public"])

py_library(
    name = "pkg",
    srcs = glob(["site-packages/**/*.py"], exclude = {unusable}, allow_empty = True),
    data = glob(["site-packages/**"], exclude = ["**/*.py"] + {unusable}, allow_empty = True),
    imports = ["site-packages"],
    deps = {deps},
)

filegroup(
    name = "bin",
    srcs = glob(["bin/**"], allow_empty = True),
)

filegroup(
    name = "dist_info",
    srcs = glob(["site-packages/*.dist-info/**"]),
)
"""

# Bazel before 8 cannot name files with spaces in runfiles.
_UNUSABLE = ["**/* *", "**/__pycache__/**"]

def _kept(rctx, requirement):
    """Returns where the installed wheel is kept, in the user's cache, once it has been fetched."""
    environ = rctx.os.environ
    cache = environ.get("PAVED_CACHE") or (environ.get("XDG_CACHE_HOME") or environ.get("HOME", "") + "/.cache") + "/paved"
    identity = "{}|{}".format(rctx.attr.compatibility, requirement)
    name = "{}-{}-{}{}".format(rctx.attr.distribution, rctx.attr.version, hash(identity), hash(identity[::-1]))
    return rctx.path(cache + "/wheels/" + name)

def _execute(rctx, arguments):
    result = rctx.execute(arguments, timeout = 900)
    if result.return_code != 0:
        fail(result.stderr)

def _wheel_repository_impl(rctx):
    requirement = "{}=={} {}\n".format(
        rctx.attr.distribution,
        rctx.attr.version,
        " ".join(["--hash=" + value for value in rctx.attr.hashes]),
    )
    rctx.file("requirement.txt", requirement)
    kept = _kept(rctx, requirement)
    script = rctx.path(Label("//tools/wheels:install.py"))
    if not kept.exists:
        _execute(rctx, [rctx.attr.python, "-B", script, "requirement.txt", kept])

    # Links share the bytes with the cache, and survive it; another file system gets copies.
    _execute(rctx, ["sh", "-c", 'cp -al "$0"/. . 2>/dev/null || cp -a "$0"/. .', kept])
    rctx.file("BUILD.bazel", _WHEEL_BUILD.format(
        deps = json.encode_indent(rctx.attr.deps),
        unusable = json.encode(_UNUSABLE),
    ))

wheel_repository = repository_rule(
    implementation = _wheel_repository_impl,
    doc = "Installs one wheel, with its hash checked, as `:pkg`.",
    attrs = {
        "deps": attr.string_list(doc = "Labels of the py_library targets that it needs."),
        "distribution": attr.string(mandatory = True),
        "hashes": attr.string_list(mandatory = True, doc = "Accepted hashes, `sha256:<hex>`."),
        "python": attr.string(mandatory = True, doc = "The interpreter that it is installed for."),
        "compatibility": attr.string(mandatory = True, doc = "What of it the wheel depends on."),
        "version": attr.string(mandatory = True),
    },
)

_HUB_BUILD = """\
package(default_visibility = ["//visibility:public"])

exports_files(["graph.json"])

filegroup(
    name = "dist_info",
    srcs = {dist_info},
)
"""

def _wheel_hub_impl(rctx):
    distributions = json.decode(rctx.attr.graph)
    rctx.file("graph.json", rctx.attr.graph)
    rctx.file("BUILD.bazel", _HUB_BUILD.format(
        dist_info = json.encode_indent(["//{}:dist_info".format(name) for name in distributions]),
    ))
    for name in distributions:
        actual = "@{}_{}//:".format(rctx.attr.hub, name)
        rctx.file(name + "/BUILD.bazel", "".join([
            'alias(name = "{}", actual = "{}", visibility = ["//visibility:public"])\n'.format(alias, actual + target)
            for alias, target in [(name, "pkg"), ("bin", "bin"), ("dist_info", "dist_info")]
            if alias != name or target == "pkg"
        ]))

_wheel_hub = repository_rule(
    implementation = _wheel_hub_impl,
    attrs = {
        "graph": attr.string(mandatory = True),
        "hub": attr.string(mandatory = True),
    },
)

def wheel_hub(name, distributions):
    """Makes the repository whose packages point at the distributions' repositories.

    Args:
      name: the hub's name, and the beginning of theirs.
      distributions: what parse_lock returned; it stands in the hub as graph.json.
    """
    _wheel_hub(name = name, hub = name, graph = json.encode_indent(distributions))
