"""Every Python file has a place in Bazel's graph: nothing is orphaned, nothing is untyped."""

from house import checkout, graph

GRAPH = graph.read()

EXAMPLE = """
load("//tools:x.bzl", "thing")
package(default_visibility = ["//visibility:public"])
exports_files(["e.py"])
[thing(
    name = "test_" + name,
    srcs = ["tests/test_{}.py".format(name)],
    deps = [":lib"] + deps,
) for name, deps in {"a": ["@pypi//x"], "b": ["//q"]}.items()]
thing(name = "lib", srcs = glob(["*.py", "sub/**/*.py"], exclude = ["d.py"]))
"""


def test_every_test_file_is_run() -> None:
    """A file of tests is the source of a pytest_test, or nothing would run it."""
    tests = [path for path in checkout.paths("*.py") if "/test_" in path]
    assert tests
    assert set(tests) - GRAPH.sources("pytest_test") == set()


def test_every_python_file_is_in_the_graph() -> None:
    """Some target names it."""
    assert set(checkout.paths("*.py")) - GRAPH.named() == set()


def test_every_source_is_typed_by_default() -> None:
    """//tests/lint:test_types depends on every source that is not a test's own."""
    found = checkout.paths("platform/*.py", "tools/*.py")
    sources = {path for path in found if "/tests/" not in path}
    assert sources - GRAPH.reached("//tests/lint:test_types") == set()


def test_build_files_are_read_as_bazel_reads_them() -> None:
    """Comprehensions, globs across folders but not packages, and labels of both forms count."""
    paths = ["p/c.py", "p/d.py", "p/sub/x/f.py", "p/sub/other/BUILD.bazel", "p/sub/other/g.py"]
    found = graph.Graph(graph.evaluate("p", EXAMPLE, ["p/BUILD.bazel", *paths]))
    library = {"p/c.py", "p/sub/x/f.py"}
    assert found.sources("thing") == {"p/tests/test_a.py", "p/tests/test_b.py", *library}
    assert found.reached("//p:test_b") == {"p/tests/test_b.py", "q/q", *library}
    assert "p/e.py" in found.named()
    assert found.named() & {"p/d.py", "p/sub/other/g.py"} == set()
