"Which crane `oci_push` runs: register a `toolchain` of `//oci:crane_toolchain_type` around this."

CraneInfo = provider(
    doc = "How to run crane.",
    fields = {
        "binary": "The executable.",
        "version": "Its version, without a leading v.",
    },
)

def _crane_toolchain_impl(ctx):
    binary = ctx.executable.crane
    default = DefaultInfo(files = depset([binary]), runfiles = ctx.runfiles([binary]))
    return [
        default,
        platform_common.ToolchainInfo(
            crane_info = CraneInfo(binary = binary, version = ctx.attr.version.removeprefix("v")),
            default = default,
        ),
    ]

crane_toolchain = rule(
    implementation = _crane_toolchain_impl,
    doc = "Makes a crane executable known to `oci_push`.",
    attrs = {
        "crane": attr.label(
            doc = "The executable.",
            mandatory = True,
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
        "version": attr.string(doc = "Its version.", mandatory = True),
    },
)
