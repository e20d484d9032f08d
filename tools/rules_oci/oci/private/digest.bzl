"The rule behind `<name>.digest`."

load(":private/python.bzl", "PYTHON_ATTRS", "PYTHON_TOOLCHAIN", "run_module")

def _oci_digest_impl(ctx):
    arguments = ctx.actions.args()
    arguments.add(ctx.file.image.path)
    arguments.add(ctx.outputs.out)
    run_module(
        ctx,
        module = "oci_layout.digest",
        arguments = arguments,
        inputs = depset([ctx.file.image], transitive = [ctx.attr.image[DefaultInfo].default_runfiles.files]),
        outputs = [ctx.outputs.out],
        mnemonic = "OCIDigest",
        progress_message = "OCI digest %{label}",
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

oci_digest = rule(
    implementation = _oci_digest_impl,
    doc = "Writes the digest of an image or index to a file.",
    attrs = {
        "image": attr.label(mandatory = True, allow_single_file = True),
        "out": attr.output(mandatory = True),
    } | PYTHON_ATTRS,
    toolchains = [PYTHON_TOOLCHAIN],
)
