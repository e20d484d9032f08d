"""Module extension: the key that signs images.

    key = use_extension("@paved//tools/supply:key.bzl", "signing_key")
    use_repo(key, "paved_signing_key")

It is the one that PAVED_SIGNING_KEY names, a file or any address that cosign takes, or else a
development key in the user's data folder, made on first use. A file is copied into the output base,
readable by its owner alone; a release key belongs into a key-management service. What the key asks
for (COSIGN_PASSWORD, a service's credentials) reaches the signing action through --action_env.
"""

_BUILD = """\
load({rules}, "signing_key_file")

signing_key_file(
    name = "key",
    network = {network},
    private = {private},
    visibility = ["//visibility:public"],
)

exports_files(["cosign.pub"])
"""

def _output(rctx, command, environment = {}):
    result = rctx.execute(command, environment = environment, timeout = 1800)
    if result.return_code != 0:
        fail(result.stderr)
    return result.stdout.strip()

def _signing_key_repository_impl(rctx):
    python = rctx.which("python3")
    if not python:
        fail("python3 is not on PATH; hint: apt-get install python3")
    root = rctx.path(Label("//:MODULE.bazel")).dirname
    start = [python, "-B", "-P", "-s", "-S"]
    cosign = rctx.getenv("PAVED_TOOL_COSIGN") or _output(
        rctx,
        [python, "-B", root.get_child("tools", "toolchain", "fetch.py"), "tool", "cosign"],
    )
    reference = _output(rctx, start + ["-m", "paved.supply.keys", cosign, "cosign.pub"], {
        "PYTHONPATH": str(root.get_child("platform")),
    })
    network = "://" in reference
    if network:
        rctx.file("cosign.address", reference)
    else:
        # A link would lead out of the sandbox, whose /tmp is its own, and past Bazel's notice.
        _output(rctx, ["install", "-m", "600", reference, "cosign.key"])
        rctx.watch(reference)
    rctx.file("BUILD.bazel", _BUILD.format(
        network = network,
        private = repr("cosign.address" if network else "cosign.key"),
        rules = repr(str(Label("//tools/supply:key_info.bzl"))),
    ))

_signing_key_repository = repository_rule(
    implementation = _signing_key_repository_impl,
    doc = "The key of one user on one machine, by reference.",
    environ = [
        "COSIGN_PASSWORD",
        "HOME",
        "PAVED_CACHE",
        "PAVED_SIGNING_KEY",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
    ],
    local = True,
)

def _signing_key_impl(module_ctx):
    _signing_key_repository(name = "paved_signing_key")
    return module_ctx.extension_metadata(reproducible = True)

signing_key = module_extension(implementation = _signing_key_impl)
