"""Registers the machine's own Python as the toolchain, so that none is downloaded."""

load(":find.bzl", "find_python")

_BUILD = """\
load("@rules_python//python:defs.bzl", "py_runtime", "py_runtime_pair")

package(default_visibility = ["//visibility:public"])

py_runtime(
    name = "runtime",
    interpreter_path = {interpreter},
    python_version = "PY3",
)

py_runtime_pair(
    name = "pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)
"""

def _host_python_impl(rctx):
    rctx.file("BUILD.bazel", _BUILD.format(interpreter = repr(find_python(rctx))))

_host_python = repository_rule(
    implementation = _host_python_impl,
    environ = ["PATH"],
    local = True,
)

def _python_impl(module_ctx):
    _host_python(name = "host_python")
    return module_ctx.extension_metadata(reproducible = True)

python = module_extension(implementation = _python_impl)
