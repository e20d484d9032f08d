"""This module's version, as its MODULE.bazel says it."""

PlatformVersionInfo = provider(doc = "The platform's version.", fields = {"version": "A SemVer version."})

def _platform_version_impl(ctx):
    return [PlatformVersionInfo(version = ctx.attr.version)]

platform_version = rule(
    implementation = _platform_version_impl,
    doc = "Hands the platform's version to rules.",
    attrs = {"version": attr.string(mandatory = True)},
)
