"""The one macro of a service's BUILD file: library, tests, image, SBOM, provenance, signature."""

load("@rules_python//python:defs.bzl", "py_library")
load("//tools/image:defs.bzl", "python_image")
load("//tools/proto:defs.bzl", "py_proto")
load("//tools/supply:defs.bzl", "attested_image")
load(":python.bzl", "pytest_test")

_CHASSIS = {
    "grpc": Label("//platform/chassis:grpc"),
    "http": Label("//platform/chassis"),
}

def paved_service(
        name,
        module,
        srcs,
        tests = [],
        interface = "http",
        protos = [],
        deps = [],
        test_deps = [],
        ports = ["8080"],
        visibility = None):
    """A service on the chassis, from its sources to a signed image.

    Gives `<name>_lib`, one test per file of `tests`, `image` (an OCI layout), `sbom`, `provenance`
    and `signed` (the layout with SBOM, provenance and signatures as referrers), which `name` is
    another name for.

    Args:
      name: the service's name, as in its catalogue entry.
      module: the Python module that `python -m` starts.
      srcs: its sources, below src/.
      tests: its test files.
      interface: "http" or "grpc": what of the chassis it stands on.
      protos: its .proto files, below proto/.
      deps: further libraries, such as wheels of its own lock.
      test_deps: further libraries of its tests.
      ports: the ports that the image exposes.
      visibility: as usual.
    """
    library = name + "_lib"
    generated = []
    if protos:
        py_proto(name = name + "_proto", srcs = protos)
        generated = [":" + name + "_proto"]
    py_library(
        name = library,
        srcs = srcs,
        imports = ["src"],
        visibility = visibility,
        deps = deps + generated + [_CHASSIS[interface]],
    )
    for test in tests:
        pytest_test(
            name = test.rpartition("/")[2].removesuffix(".py"),
            srcs = [test],
            deps = test_deps + [":" + library, Label("//platform/chassis:testing")],
        )
    python_image(
        name = "image",
        exposed_ports = ports,
        library = ":" + library,
        module = module,
        visibility = visibility,
    )
    attested_image(
        name = "signed",
        image = ":image",
        library = ":" + library,
        sbom = "sbom",
        provenance = "provenance",
        service = name,
        visibility = visibility,
    )
    native.alias(name = name, actual = ":signed", visibility = visibility)
