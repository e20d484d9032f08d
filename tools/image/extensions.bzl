"""Module extension: the locked Debian packages that the image's base is laid out from.

    base = use_extension("//tools/image:extensions.bzl", "image_base")
    use_repo(base, "paved_base")

They are fetched, through the per-user cache, when an image is first built.
"""

_BUILD = """\
filegroup(
    name = "debs",
    srcs = glob(["*.deb"]),
    visibility = ["//visibility:public"],
)
"""

def _debian_packages_impl(rctx):
    python = rctx.which("python3")
    if not python:
        fail("python3 is not on PATH; hint: apt-get install python3")
    lock = rctx.path(rctx.attr.lock)
    tools = rctx.path(Label("//tools/image:fetch.py")).dirname.dirname
    result = rctx.execute(
        [python, "-B", "-P", "-s", "-S", "-m", "image.fetch", lock, "."],
        environment = {"PYTHONPATH": str(tools)},
        timeout = 900,
    )
    if result.return_code != 0:
        fail(result.stderr)
    rctx.file("BUILD.bazel", _BUILD)

_debian_packages = repository_rule(
    implementation = _debian_packages_impl,
    doc = "The packages of a lock, hashes checked, as `:debs`.",
    attrs = {"lock": attr.label(mandatory = True, allow_single_file = True)},
)

def _image_base_impl(module_ctx):
    _debian_packages(name = "paved_base", lock = Label("//tools/image:base.lock.json"))
    return module_ctx.extension_metadata(reproducible = True)

image_base = module_extension(implementation = _image_base_impl)
