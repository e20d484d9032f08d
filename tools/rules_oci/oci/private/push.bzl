"The rule behind `oci_push`."

load(":private/python.bzl", "PYTHON_ATTRS", "PYTHON_TOOLCHAIN", "module_launcher")

_CRANE_TOOLCHAIN = Label(":crane_toolchain_type")

def _check(ctx):
    if ctx.attr.repository and ctx.attr.repository_file:
        fail("'repository' and 'repository_file' exclude each other.")
    if not ctx.file.image.is_directory:
        fail("'image' has to be an oci_image or oci_image_index.")
    last = ctx.attr.repository.rpartition("/")[2]
    if "@" in last or ":" in last:
        fail("'repository' has to be without digest and tag: " + ctx.attr.repository)

def _oci_push_impl(ctx):
    _check(ctx)
    crane = ctx.toolchains[_CRANE_TOOLCHAIN]
    files = [ctx.file.image]
    arguments = ["--crane", crane.crane_info.binary, "--image", ctx.file.image]
    if ctx.attr.repository:
        arguments += ["--repository", ctx.attr.repository]
    for flag, file in [("--repository-file", ctx.file.repository_file), ("--tags-file", ctx.file.remote_tags)]:
        if file:
            arguments += [flag, file]
            files.append(file)
    launcher, runfiles = module_launcher(ctx, "oci_layout.push", arguments, files)
    runfiles = runfiles.merge(ctx.attr.image[DefaultInfo].default_runfiles)
    runfiles = runfiles.merge(crane.default.default_runfiles)
    return [DefaultInfo(executable = launcher, runfiles = runfiles)]

oci_push = rule(
    implementation = _oci_push_impl,
    doc = "Pushes an image to a registry by its digest, then tags it, with `bazel run`.",
    attrs = {
        "image": attr.label(doc = "An oci_image or oci_image_index.", mandatory = True, allow_single_file = True),
        "remote_tags": attr.label(doc = "Tags, one per line.", allow_single_file = True),
        "repository": attr.string(doc = "HOST/NAME, without tag and digest; `--repository` overrides it."),
        "repository_file": attr.label(doc = "A file with the repository in it.", allow_single_file = True),
    } | PYTHON_ATTRS,
    toolchains = [PYTHON_TOOLCHAIN, _CRANE_TOOLCHAIN],
    executable = True,
)
