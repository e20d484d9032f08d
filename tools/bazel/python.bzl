"""Python targets of this repository: libraries under the import root platform/, and pytest."""

load("@rules_python//python:defs.bzl", "py_library", "py_test")

def toolkit_library(name, visibility = ["//visibility:public"], **kwargs):
    """A py_library whose import root is platform/, whichever package below it is in.

    Args:
      name: the target's name.
      visibility: as usual; public, since the layers are held by import-linter.
      **kwargs: passed to py_library.
    """
    depth = native.package_name().count("/")
    py_library(
        name = name,
        imports = ["/".join([".."] * depth)],
        visibility = visibility,
        **kwargs
    )

def pytest_test(name, srcs, deps = [], data = [], tools = [], env = {}, size = "small", args = [], **kwargs):
    """One pytest file as one test, without network and with a JUnit report.

    Args:
      name: the target's name.
      srcs: the test file; helpers go to a library.
      deps: what it imports; pytest is added.
      data: files that it reads.
      tools: names of locked tools; each one's path is in PAVED_TOOL_<NAME>.
      env: further environment.
      size: as usual.
      args: further arguments for pytest.
      **kwargs: passed to py_test.
    """
    labels = {tool: Label("@paved_tools//:" + tool) for tool in tools}
    py_test(
        name = name,
        srcs = srcs + [Label("//tools/bazel:pytest_main.py")],
        main = Label("//tools/bazel:pytest_main.py"),
        args = ["$(rootpath {})".format(src) for src in srcs] + args,
        data = data + labels.values(),
        deps = deps + [Label("@pypi//pytest")],
        env = env | {
            "PAVED_TOOL_" + tool.upper().replace("-", "_"): "$(rootpath {})".format(label)
            for tool, label in labels.items()
        },
        size = size,
        **kwargs
    )
