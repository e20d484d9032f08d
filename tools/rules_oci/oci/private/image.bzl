"The rule behind `oci_image`."

load(":private/python.bzl", "PYTHON_ATTRS", "PYTHON_TOOLCHAIN", "run_module")

_TARS = [".tar", ".tar.gz", ".tgz"]

# Attributes that are files, in the order in which the module knows them.
_FILES = {
    "annotations": "Lines `name=value`, written into the manifest.",
    "cmd": "The default arguments, one per line.",
    "created": "One RFC 3339 time; without it, 1970-01-01T00:00:00Z.",
    "entrypoint": "The command to run, one argument per line. Clears the base's `cmd`.",
    "env": "Lines `NAME=value`; `$X` and `${X}` take their value from the base and earlier lines.",
    "exposed_ports": "Ports, separated by commas: `8080/tcp`.",
    "labels": "Lines `name=value`, written into the config.",
    "volumes": "Paths, separated by commas.",
}

_ATTRS = {
    "architecture": attr.string(doc = "As GOARCH; mandatory without `base`, forbidden with it."),
    "base": attr.label(doc = "The oci_image to start from.", allow_single_file = True),
    "os": attr.string(doc = "As GOOS; mandatory without `base`, forbidden with it."),
    "tars": attr.label_list(doc = "Layers, lowest first. Never changed or recompressed.", allow_files = _TARS),
    "user": attr.string(doc = "The name or number (and group) that the container runs as."),
    "variant": attr.string(doc = "Of the architecture, such as v8; forbidden with `base`."),
    "workdir": attr.string(doc = "The container's working directory."),
} | {
    name: attr.label(doc = doc, allow_single_file = True)
    for name, doc in _FILES.items()
} | PYTHON_ATTRS

def _describe(ctx, position, tar):
    """Registers the action that hashes a layer, so that only a changed layer is read again."""
    described = ctx.actions.declare_file("{}.{}.layer.json".format(ctx.label.name, position))
    arguments = ctx.actions.args()
    arguments.add(tar)
    arguments.add(described)
    run_module(
        ctx,
        module = "oci_layout.layer",
        arguments = arguments,
        inputs = depset([tar]),
        outputs = [described],
        mnemonic = "OCILayer",
        progress_message = "OCI layer %{input}",
    )
    return described

def _check_platform(ctx):
    given = ctx.attr.os or ctx.attr.architecture or ctx.attr.variant
    if ctx.attr.base and given:
        fail("'os', 'architecture' and 'variant' come from the image given as 'base': leave them out.")
    if not ctx.attr.base and not (ctx.attr.os and ctx.attr.architecture):
        fail("'os' and 'architecture' are mandatory without a 'base'.")

def _platform(ctx):
    names = ["architecture", "os", "variant"]
    return json.encode({name: getattr(ctx.attr, name) for name in names if getattr(ctx.attr, name)})

def _oci_image_impl(ctx):
    _check_platform(ctx)
    output = ctx.actions.declare_directory(ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add("--output", output.path)
    inputs = list(ctx.files.tars)
    runfiles = ctx.runfiles(ctx.files.tars)
    if ctx.attr.base:
        arguments.add("--base", ctx.file.base.path)
        runfiles = runfiles.merge(ctx.runfiles([ctx.file.base]))
        runfiles = runfiles.merge(ctx.attr.base[DefaultInfo].default_runfiles)
    else:
        arguments.add("--platform", _platform(ctx))
    for position, tar in enumerate(ctx.files.tars):
        described = _describe(ctx, position, tar)
        inputs.append(described)
        origin = "//{}:{}".format(tar.owner.package, tar.owner.name)
        arguments.add_all("--layer", [tar, described, origin], expand_directories = False)
    for name in _FILES:
        file = getattr(ctx.file, name)
        if file:
            arguments.add("--" + name, file)
            inputs.append(file)
    for name in ["user", "workdir"]:
        if getattr(ctx.attr, name):
            arguments.add("--" + name, getattr(ctx.attr, name))
    run_module(
        ctx,
        module = "oci_layout.image",
        arguments = arguments,
        inputs = depset(inputs, transitive = [runfiles.files]),
        outputs = [output],
        mnemonic = "OCIImage",
        progress_message = "OCI image %{label}",
    )
    return [DefaultInfo(files = depset([output]), runfiles = runfiles)]

oci_image = rule(
    implementation = _oci_image_impl,
    doc = "Makes an OCI layout, a folder, of tar files and settings.",
    attrs = _ATTRS,
    toolchains = [PYTHON_TOOLCHAIN],
)
