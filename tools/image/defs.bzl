"""`python_image`: a Python library as an image of three layers: base, wheels, application.

    load("@paved//tools/image:defs.bzl", "python_image")

    python_image(
        name = "image",
        library = ":orders_lib",
        module = "orders",
        exposed_ports = [8080],
    )
"""

load("@rules_oci//oci:defs.bzl", "oci_image")
load(":layers.bzl", "python_layer")

PYTHON = "/usr/bin/python3.11"

# On the search path of the base's interpreter: where pip would put wheels on Debian.
_WHEELS = "usr/local/lib/python3.11/dist-packages"
_APP = "app"
_NONROOT = "65532"
_BASE = Label("//tools/image:base")

def _port(port):
    return port if "/" in str(port) else "{}/tcp".format(port)

def python_image(
        name,
        library,
        module,
        cmd = None,
        exposed_ports = [],
        env = {},
        labels = {},
        annotations = None,
        base = _BASE,
        **kwargs):
    """Makes an OCI layout that runs `python -m <module>` as an ordinary user, in /app.

    Beside `<name>` it makes `<name>_wheels` and `<name>_app`, the layers' tars, and
    `<name>.digest`, a file with the manifest's digest.

    Args:
      name: the target's name, and the folder's.
      library: the py_library that holds `module`; its dependencies come along.
      module: the module to run.
      cmd: list of default arguments.
      exposed_ports: list of ports, as numbers (TCP) or `8080/udp`.
      env: dict of further environment.
      labels: dict for the image's config.
      annotations: dict for the image's manifest.
      base: the lowest layer.
      **kwargs: common attributes.
    """
    python_layer(name = name + "_wheels", libraries = [library], to = _WHEELS, wheels = True, **kwargs)
    python_layer(name = name + "_app", libraries = [library], to = _APP, wheels = False, **kwargs)
    oci_image(
        name = name,
        annotations = annotations,
        architecture = "amd64",
        cmd = cmd,
        entrypoint = [PYTHON, "-m", module],
        env = {
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": "/" + _APP,
            "PYTHONUNBUFFERED": "1",
        } | env,
        exposed_ports = [_port(port) for port in exposed_ports] or None,
        labels = labels or None,
        os = "linux",
        tars = [base, name + "_wheels", name + "_app"],
        user = _NONROOT,
        workdir = "/" + _APP,
        **kwargs
    )
