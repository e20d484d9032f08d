"""Registers the machine's own Python (>= 3.11) as the toolchain, so that none is downloaded."""

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

_PROBE = "import sys; print(sys.executable); print('%d.%d' % sys.version_info[:2])"

def _host_python_impl(rctx):
    python = rctx.which("python3")
    if not python:
        fail("python3 is not on PATH; hint: apt-get install python3")
    result = rctx.execute([python, "-c", _PROBE])
    if result.return_code != 0:
        fail("python3 does not run: " + result.stderr)
    interpreter, version = result.stdout.splitlines()
    if [int(part) for part in version.split(".")] < [3, 11]:
        fail("python3 is {}; expected 3.11 or newer".format(version))
    rctx.file("BUILD.bazel", _BUILD.format(interpreter = repr(interpreter)))

_host_python = repository_rule(
    implementation = _host_python_impl,
    environ = ["PATH"],
    local = True,
)

def _python_impl(module_ctx):
    _host_python(name = "host_python")
    return module_ctx.extension_metadata(reproducible = True)

python = module_extension(implementation = _python_impl)
