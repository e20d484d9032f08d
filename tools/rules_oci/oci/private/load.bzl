"The rule behind `oci_load`."

load(":private/python.bzl", "PYTHON_ATTRS", "PYTHON_TOOLCHAIN", "module_launcher", "run_module")

def _tarball(ctx, inputs):
    """Declares the tar; it is made only when the output group asks for it."""
    tarball = ctx.actions.declare_file(ctx.label.name + "/tarball.tar")
    arguments = ctx.actions.args()
    arguments.add("--image", ctx.file.image.path)
    arguments.add("--tags", ctx.file.repo_tags)
    arguments.add("--format", ctx.attr.format)
    arguments.add(tarball)
    run_module(
        ctx,
        module = "oci_layout.tarball",
        arguments = arguments,
        inputs = inputs,
        outputs = [tarball],
        mnemonic = "OCITarball",
        progress_message = "OCI tarball %{label}",
    )
    return tarball

def _oci_load_impl(ctx):
    image = ctx.attr.image[DefaultInfo]
    files = [ctx.file.image, ctx.file.repo_tags]
    tarball = _tarball(ctx, depset(files, transitive = [image.default_runfiles.files]))
    arguments = ["--image", ctx.file.image, "--tags", ctx.file.repo_tags, "--format", ctx.attr.format]
    if ctx.executable.loader:
        arguments += ["--loader", ctx.executable.loader]
        files.append(ctx.executable.loader)
    launcher, runfiles = module_launcher(ctx, "oci_layout.load", arguments, files)
    runfiles = runfiles.merge(image.default_runfiles)
    if ctx.attr.loader:
        runfiles = runfiles.merge(ctx.attr.loader[DefaultInfo].default_runfiles)
    return [
        DefaultInfo(executable = launcher, runfiles = runfiles),
        OutputGroupInfo(tarball = depset([tarball])),
    ]

oci_load = rule(
    implementation = _oci_load_impl,
    doc = "Loads an image into a container engine, with `bazel run`. Output group: `tarball`.",
    attrs = {
        "format": attr.string(
            doc = "`docker` for an oci_image, `oci` for an oci_image_index.",
            default = "docker",
            values = ["docker", "oci"],
        ),
        "image": attr.label(doc = "An oci_image or oci_image_index.", mandatory = True, allow_single_file = True),
        "loader": attr.label(
            doc = "A program that takes `load --input FILE`; docker, podman or nerdctl without it.",
            allow_files = True,
            executable = True,
            cfg = "target",
        ),
        "repo_tags": attr.label(doc = "REPOSITORY:TAG, one per line.", mandatory = True, allow_single_file = [".txt"]),
    } | PYTHON_ATTRS,
    toolchains = [PYTHON_TOOLCHAIN],
    executable = True,
)
