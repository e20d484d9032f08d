"The rule behind `oci_image_index`."

load(":private/python.bzl", "PYTHON_ATTRS", "PYTHON_TOOLCHAIN", "run_module")

def _platforms_transition_impl(_settings, attr):
    return [
        {"//command_line_option:platforms": str(platform)}
        for platform in attr.platforms
    ]

_platforms_transition = transition(
    implementation = _platforms_transition_impl,
    inputs = [],
    outputs = ["//command_line_option:platforms"],
)

def _oci_image_index_impl(ctx):
    if ctx.attr.platforms and len(ctx.attr.images) != len(ctx.attr.platforms):
        fail("with 'platforms', 'images' holds exactly one image.")
    output = ctx.actions.declare_directory(ctx.label.name)
    inputs = list(ctx.files.images)
    arguments = ctx.actions.args()
    arguments.add("--output", output.path)
    arguments.add_all(ctx.files.images, before_each = "--image", expand_directories = False)
    if ctx.file.annotations:
        arguments.add("--annotations", ctx.file.annotations)
        inputs.append(ctx.file.annotations)
    run_module(
        ctx,
        module = "oci_layout.index",
        arguments = arguments,
        inputs = depset(inputs, transitive = [
            image[DefaultInfo].default_runfiles.files
            for image in ctx.attr.images
        ]),
        outputs = [output],
        mnemonic = "OCIIndex",
        progress_message = "OCI index %{label}",
    )
    return [DefaultInfo(files = depset([output]))]

oci_image_index = rule(
    implementation = _oci_image_index_impl,
    doc = "Makes an OCI layout of an image index: one image for several platforms.",
    attrs = {
        "annotations": attr.label(doc = "Lines `name=value`, written into the index.", allow_single_file = True),
        "images": attr.label_list(doc = "oci_image targets.", mandatory = True, cfg = _platforms_transition),
        "platforms": attr.label_list(
            doc = "Builds the one image given once for each of these platforms.",
            providers = [platform_common.PlatformInfo],
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    } | PYTHON_ATTRS,
    toolchains = [PYTHON_TOOLCHAIN],
)
