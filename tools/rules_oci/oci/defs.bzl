"""Public API, that of rules_oci 2.3: the macros over the rules that take files.

    load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index", "oci_load", "oci_push")
"""

load("@bazel_skylib//rules:write_file.bzl", "write_file")
load(":private/digest.bzl", "oci_digest")
load(":private/image.bzl", _oci_image = "oci_image")
load(":private/image_index.bzl", _oci_image_index = "oci_image_index")
load(":private/load.bzl", _oci_load = "oci_load")
load(":private/push.bzl", _oci_push = "oci_push")

oci_image_rule = _oci_image
oci_image_index_rule = _oci_image_index
oci_push_rule = _oci_push
oci_tarball_rule = _oci_load

_COMMON = ["compatible_with", "exec_compatible_with", "restricted_to", "tags", "target_compatible_with", "testonly", "visibility"]

def _common(kwargs):
    return {name: kwargs[name] for name in _COMMON if name in kwargs}

def _file(name, kind, content, common):
    """Returns the label of a file with these lines."""
    target = "{}_write_{}".format(name, kind)
    write_file(name = target, out = "{}.{}.txt".format(name, kind), content = content, **common)
    return target

def _lines(name, kind, value, common):
    """Returns a label for a list of strings; a label or None stays as it is."""
    if type(value) != "list":
        return value
    return _file(name, kind, [item.replace("\n", "%5Cn") for item in value], common)

def _pairs(name, kind, value, common):
    """Returns a label for a dict of strings; a label or None stays as it is."""
    if type(value) != "dict":
        return value
    return _file(name, kind, ["{}={}".format(key, item) for key, item in value.items()], common)

def _joined(name, kind, value, common):
    """Returns a label for a list of strings that hold no comma; a label or None stays as it is."""
    if type(value) != "list":
        return value
    return _file(name, kind, [",".join(value)], common)

def _digest(name, common):
    oci_digest(name = name + ".digest", image = name, out = name + ".json.sha256", **common)

def oci_image(
        name,
        created = None,
        labels = None,
        annotations = None,
        env = None,
        cmd = None,
        entrypoint = None,
        exposed_ports = None,
        volumes = None,
        **kwargs):
    """Makes an OCI layout; `<name>.digest` is a file with its manifest's digest.

    Args:
      name: the target's name, and the folder's.
      created: label of a file with one RFC 3339 time.
      labels: dict, or label of a file of `name=value` lines.
      annotations: dict, or label of a file of `name=value` lines.
      env: dict, or label of a file of `NAME=value` lines; `$X` takes the base's value.
      cmd: list, or label of a file of one argument per line.
      entrypoint: list, or label of a file of one argument per line.
      exposed_ports: list, or label of a file separated by commas.
      volumes: list, or label of a file separated by commas.
      **kwargs: base, tars, user, workdir, os, architecture, variant, and the common attributes.
    """
    common = _common(kwargs)
    oci_image_rule(
        name = name,
        created = created,
        labels = _pairs(name, "labels", labels, common),
        annotations = _pairs(name, "annotations", annotations, common),
        env = _pairs(name, "env", env, common),
        cmd = _lines(name, "cmd", cmd, common),
        entrypoint = _lines(name, "entrypoint", entrypoint, common),
        exposed_ports = _joined(name, "exposed_ports", exposed_ports, common),
        volumes = _joined(name, "volumes", volumes, common),
        **kwargs
    )
    _digest(name, common)

def oci_image_index(name, annotations = None, **kwargs):
    """Makes an OCI layout of an image index; `<name>.digest` is a file with its digest.

    Args:
      name: the target's name, and the folder's.
      annotations: dict, or label of a file of `name=value` lines.
      **kwargs: images, platforms, and the common attributes.
    """
    common = _common(kwargs)
    oci_image_index_rule(
        name = name,
        annotations = _pairs(name, "annotations", annotations, common),
        **kwargs
    )
    _digest(name, common)

def oci_push(name, remote_tags = None, **kwargs):
    """Pushes an image: `bazel run :<name> -- [-r REPOSITORY] [-t TAG]... [--insecure]`.

    Args:
      name: the target's name.
      remote_tags: list, or label of a file of one tag per line.
      **kwargs: image, repository or repository_file, and the common attributes.
    """
    oci_push_rule(
        name = name,
        remote_tags = _lines(name, "tags", remote_tags, _common(kwargs)),
        **kwargs
    )

def oci_load(name, repo_tags = None, **kwargs):
    """Loads an image into a container engine: `bazel run :<name>`. Output group: `tarball`.

    Args:
      name: the target's name.
      repo_tags: list, or label of a file of one REPOSITORY:TAG per line.
      **kwargs: image, format, loader, and the common attributes.
    """
    oci_tarball_rule(
        name = name,
        repo_tags = _lines(name, "tags", repo_tags, _common(kwargs)),
        **kwargs
    )
