"Test rules: a tar of one file, and a target that must not get through analysis."

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")

_MAKE = """\
import gzip, io, sys, tarfile
output, path, content, packed = sys.argv[1:]
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as archive:
    info = tarfile.TarInfo(path)
    info.size = len(content.encode())
    archive.addfile(info, io.BytesIO(content.encode()))
data = tar.getvalue()
with open(output, "wb") as file:
    file.write(gzip.compress(data, mtime=0) if packed == "True" else data)
"""

def _layer_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + (".tar.gz" if ctx.attr.gzip else ".tar"))
    runtime = ctx.toolchains["@bazel_tools//tools/python:toolchain_type"].py3_runtime
    ctx.actions.run(
        executable = runtime.interpreter or runtime.interpreter_path,
        arguments = ["-c", _MAKE, output.path, ctx.attr.path, ctx.attr.content, str(ctx.attr.gzip)],
        outputs = [output],
        tools = [runtime.files] if runtime.files else [],
        mnemonic = "TestLayer",
        toolchain = None,
    )
    return [DefaultInfo(files = depset([output]))]

layer = rule(
    implementation = _layer_impl,
    doc = "A tar with one file.",
    attrs = {
        "content": attr.string(mandatory = True),
        "gzip": attr.bool(),
        "path": attr.string(mandatory = True),
    },
    toolchains = ["@bazel_tools//tools/python:toolchain_type"],
)

def _failure_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

failure_test = analysistest.make(
    _failure_test_impl,
    expect_failure = True,
    attrs = {"message": attr.string(mandatory = True)},
)
