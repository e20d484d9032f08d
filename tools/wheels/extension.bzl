"""Module extension: the distributions of a hashed requirements lock as py_library targets.

    wheels = use_extension("@paved//tools/wheels:extension.bzl", "wheels")
    wheels.lock(hub_name = "pypi", lock_file = "//:requirements.lock")
    use_repo(wheels, "pypi")

gives `@pypi//starlette` and so on. Each distribution is a repository of its own, fetched when
something needs it, with its hash checked; tests and images take the same targets.
"""

load(":lockfile.bzl", "parse_lock")
load(":repositories.bzl", "wheel_hub", "wheel_repository")

def _wheels_impl(module_ctx):
    for module in module_ctx.modules:
        for lock in module.tags.lock:
            distributions = parse_lock(module_ctx.read(lock.lock_file))
            for key, distribution in distributions.items():
                wheel_repository(
                    name = "{}_{}".format(lock.hub_name, key),
                    deps = ["@{}_{}//:pkg".format(lock.hub_name, dep) for dep in distribution.deps],
                    distribution = distribution.name,
                    hashes = distribution.hashes,
                    version = distribution.version,
                )
            wheel_hub(name = lock.hub_name, distributions = distributions)
    return module_ctx.extension_metadata(reproducible = True)

wheels = module_extension(
    implementation = _wheels_impl,
    tag_classes = {
        "lock": tag_class(attrs = {
            "hub_name": attr.string(mandatory = True, doc = "Name of the repository with one package per distribution."),
            "lock_file": attr.label(mandatory = True, doc = "A lock with hashes, made by `uv pip compile --generate-hashes`."),
        }),
    },
)
