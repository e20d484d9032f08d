"""Rules that state what an image is made of and sign it, as build actions.

    attested_image(
        name = "signed",
        image = ":image",
        library = ":orders_lib",
        service = "orders",
        sbom = "sbom",
        provenance = "provenance",
    )

gives an OCI layout whose referrers `paved verify`, and stock cosign after a push, accept. SBOM and
provenance do not depend on the application's bytes, so an edit costs one action here: three
signatures, made at the same time, and a copy of the image. Signing with the key at hand during the build is SLSA Build L1.
"""

load("@rules_python//python:defs.bzl", "PyInfo")
load(":graph.bzl", "bill", "graph_aspect")
load(":key_info.bzl", "SigningKeyInfo")
load(":run.bzl", "CODE", "TOOLCHAINS", "run")
load(":version.bzl", "PlatformVersionInfo")

# What the image was resolved through; a consumer's own locks come on top.
LOCKS = [
    Label("//:requirements.lock"),
    Label("//tools/image:base.lock.json"),
]
_WHEELS = Label("//:requirements.lock")
_BASE = Label("//tools/image:base.lock.json")

_VERSION = {
    "_version": attr.label(default = Label("//tools/supply:version"), providers = [PlatformVersionInfo]),
}

# A signature differs on every run and its key is this machine's: neither is for sharing.
_LOCAL = {"no-cache": "1", "no-remote": "1", "no-remote-cache": "1", "no-remote-exec": "1"}

def _name(label):
    """Returns a label by its module's name, whatever Bazel calls that module's repository."""
    repository = label.workspace_name.replace("+", "~").partition("~")[0]
    return "{}//{}:{}".format("@" + repository if repository else "", label.package, label.name)

def _sbom_impl(ctx):
    graph = ctx.actions.declare_file(ctx.label.name + ".graph.json")
    version = ctx.attr._version[PlatformVersionInfo].version
    found = bill(ctx.attr.library, ctx.attr.service, ctx.attr.version, version)
    ctx.actions.write(graph, json.encode(found))
    output = ctx.actions.declare_file(ctx.label.name + ".cdx.json")
    arguments = ctx.actions.args()
    arguments.add("--graph", graph)
    arguments.add_all(ctx.files.wheel_locks, before_each = "--lock")
    arguments.add_all(ctx.files.base_lock, before_each = "--base")
    arguments.add("--out", output)
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [arguments],
        inputs = [graph] + ctx.files.wheel_locks + ctx.files.base_lock,
        outputs = [output],
        mnemonic = "SupplySbom",
        progress_message = "SBOM %{label}",
    )
    return [DefaultInfo(files = depset([output]))]

sbom = rule(
    implementation = _sbom_impl,
    doc = "CycloneDX 1.6 of what a library brings into an image, as `<name>.cdx.json`.",
    attrs = {
        "base_lock": attr.label(
            doc = "The lock of the base's Debian packages; None for an image without them.",
            allow_single_file = True,
            default = _BASE,
        ),
        "library": attr.label(
            doc = "The py_library in the image; what it needs comes along.",
            mandatory = True,
            aspects = [graph_aspect],
            providers = [PyInfo],
        ),
        "service": attr.string(doc = "The service's name.", mandatory = True),
        "version": attr.string(doc = "The service's version, if it has one."),
        "wheel_locks": attr.label_list(
            doc = "Hashed requirements files; the first that pins a wheel gives its hashes.",
            allow_files = True,
            default = [_WHEELS],
        ),
        "_make": attr.label(default = Label("//tools/supply:make_sbom"), executable = True, cfg = "exec"),
    } | _VERSION,
)

def _provenance_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".slsa.json")
    arguments = ctx.actions.args()
    arguments.add("--target", _name(ctx.attr.image.label))
    arguments.add("--version", "paved=" + ctx.attr._version[PlatformVersionInfo].version)
    for file in ctx.files.locks:
        arguments.add("--lock", _name(file.owner) + "=" + file.path)
    inputs = [] + ctx.files.locks
    if ctx.attr.stamp:
        arguments.add("--status", ctx.info_file)
        inputs.append(ctx.info_file)
    arguments.add("--out", output)
    run(ctx, "provenance", [arguments], depset(inputs), [output], "SupplyProvenance", "Provenance %{label}")
    return [DefaultInfo(files = depset([output]))]

_provenance = rule(
    implementation = _provenance_impl,
    doc = "The SLSA provenance v1 predicate of an image, as `<name>.slsa.json`.",
    attrs = {
        "image": attr.label(doc = "The image; only its label goes in.", mandatory = True),
        "locks": attr.label_list(doc = "Locks that the inputs were resolved through.", allow_files = True),
        "stamp": attr.bool(doc = "Put the commit in that --workspace_status_command tells."),
    } | CODE | _VERSION,
    toolchains = TOOLCHAINS,
)

def provenance(name, image, locks = LOCKS, **kwargs):
    """Makes the SLSA provenance v1 predicate of an image, as `<name>.slsa.json`.

    With --stamp it carries the Git commit that --workspace_status_command prints as
    STABLE_GIT_COMMIT; see tools/supply/status.sh.

    Args:
      name: the target's name.
      image: the image that it is about; only its label goes in.
      locks: every lock that the image's inputs were resolved through.
      **kwargs: common attributes.
    """
    _provenance(
        name = name,
        image = image,
        locks = locks,
        stamp = select({
            Label("//tools/supply:stamping"): True,
            "//conditions:default": False,
        }),
        **kwargs
    )

def _signed_image_impl(ctx):
    key = ctx.attr.key[SigningKeyInfo]
    layout = ctx.actions.declare_directory(ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add("--cosign", ctx.executable.cosign)
    arguments.add("--key", key.private)
    arguments.add("--name", _name(ctx.attr.image.label))
    arguments.add("--provenance", ctx.file.provenance)
    arguments.add("--sbom", ctx.file.sbom)
    arguments.add_all([ctx.file.image], expand_directories = False, before_each = "--image")
    arguments.add_all([layout], expand_directories = False, before_each = "--out")
    run(
        ctx,
        "sign",
        [arguments],
        # A layout's layers can be links to files beside it, which are its runfiles.
        depset(
            [ctx.file.image, ctx.file.provenance, ctx.file.sbom, key.private],
            transitive = [ctx.attr.image[DefaultInfo].default_runfiles.files],
        ),
        [layout],
        "SupplySign",
        "Signing %{label}",
        tools = [ctx.attr.cosign[DefaultInfo].files_to_run],
        requirements = _LOCAL | ({"requires-network": "1"} if key.network else {}),
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([layout]), runfiles = ctx.runfiles([layout]))]

signed_image = rule(
    implementation = _signed_image_impl,
    doc = "An image with its signature, provenance and SBOM as referrers: an OCI layout folder.",
    attrs = {
        "cosign": attr.label(
            doc = "Stock cosign.",
            allow_files = True,
            cfg = "exec",
            default = Label("@paved_tools//:cosign"),
            executable = True,
        ),
        "image": attr.label(doc = "An OCI layout folder with one image.", allow_single_file = True, mandatory = True),
        "key": attr.label(
            doc = "The key that signs.",
            default = Label("@paved_signing_key//:key"),
            providers = [SigningKeyInfo],
        ),
        "provenance": attr.label(doc = "A `provenance`.", allow_single_file = [".json"], mandatory = True),
        "sbom": attr.label(doc = "An `sbom`.", allow_single_file = [".json"], mandatory = True),
    } | CODE,
    toolchains = TOOLCHAINS,
)

def attested_image(
        name,
        image,
        library,
        service,
        sbom = None,
        provenance = None,
        version = "",
        wheel_locks = [_WHEELS],
        **kwargs):
    """Signs an image with an SBOM and provenance made for it.

    Args:
      name: the target's name, and the signed layout's folder.
      image: an OCI layout folder with one image.
      library: the py_library in the image.
      service: the service's name.
      sbom: name of the SBOM's target; `<name>_sbom` unless given.
      provenance: name of the provenance's target; `<name>_provenance` unless given.
      version: the service's version, if it has one.
      wheel_locks: the locks of the wheels in the image.
      **kwargs: common attributes.
    """
    sbom = sbom or name + "_sbom"
    provenance = provenance or name + "_provenance"
    _make_sbom(
        name = sbom,
        library = library,
        service = service,
        version = version,
        wheel_locks = wheel_locks,
        **kwargs
    )
    _make_provenance(name = provenance, image = image, locks = wheel_locks + [_BASE], **kwargs)
    signed_image(name = name, image = image, provenance = provenance, sbom = sbom, **kwargs)

# The macro's arguments carry the same names.
_make_sbom = sbom
_make_provenance = provenance
