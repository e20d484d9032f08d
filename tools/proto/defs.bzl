"""Python and gRPC code from .proto files, generated when it is built and kept out of Git."""

load("@rules_python//python:defs.bzl", "py_library")

def _generate_impl(ctx):
    root = "/".join([part for part in [ctx.label.workspace_root, ctx.label.package, ctx.attr.root] if part])
    outputs = []
    for src in ctx.files.srcs:
        if not src.path.startswith(root + "/"):
            fail("{} is not below {}".format(src.short_path, ctx.attr.root))
        stem = ctx.attr.root + "/" + src.path[len(root) + 1:].removesuffix(".proto")
        outputs += [ctx.actions.declare_file(stem + end) for end in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py")]
    destination = ctx.bin_dir.path + "/" + root
    arguments = ctx.actions.args()
    arguments.add("-I" + root)
    arguments.add("--python_out=" + destination)
    arguments.add("--pyi_out=" + destination)
    arguments.add("--grpc_python_out=" + destination)
    arguments.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [arguments],
        inputs = ctx.files.srcs,
        outputs = outputs,
        mnemonic = "PyProto",
        progress_message = "Generating Python for %{label}",
    )
    return [DefaultInfo(files = depset(outputs))]

_generate = rule(
    implementation = _generate_impl,
    attrs = {
        "root": attr.string(mandatory = True, doc = "The folder that import paths start from."),
        "srcs": attr.label_list(mandatory = True, allow_files = [".proto"]),
        "_protoc": attr.label(default = "//tools/proto:protoc", executable = True, cfg = "exec"),
    },
)

def py_proto(name, srcs, root = "proto", visibility = None):
    """A py_library with the messages, stubs and type hints of `srcs`.

    Args:
      name: the target's name.
      srcs: the .proto files, below `root`.
      root: the folder, relative to the package, that import paths start from.
      visibility: as usual.
    """
    _generate(name = name + "_generated", srcs = srcs, root = root)
    py_library(
        name = name,
        srcs = [name + "_generated"],
        imports = [root],
        visibility = visibility,
        deps = [
            Label("@pypi//grpcio"),
            Label("@pypi//protobuf"),
        ],
    )
