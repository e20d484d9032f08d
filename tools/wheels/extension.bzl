"""Module extension: the distributions of a hashed requirements lock as py_library targets.

    wheels = use_extension("@paved//tools/wheels:extension.bzl", "wheels")
    wheels.lock(hub_name = "pypi", lock_file = "//:requirements.lock")
    use_repo(wheels, "pypi")

gives `@pypi//starlette` and so on. Each distribution is a repository of its own, fetched when
something needs it, with its hash checked; tests and images take the same targets.
"""

load("//tools/python:find.bzl", "find_python")
load(":lockfile.bzl", "parse_lock")
load(":repositories.bzl", "wheel_hub", "wheel_repository")

_PROBE = "import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform())"

def _tags(module_ctx, python):
    """Returns what wheels depend on of a Python, such as `cpython-311 linux-x86_64`."""
    result = module_ctx.execute([python, "-I", "-c", _PROBE])
    if result.return_code != 0:
        fail("{} does not run: {}".format(python, result.stderr))
    return result.stdout.strip()

def _wheels_impl(module_ctx):
    python = find_python(module_ctx)
    tags = _tags(module_ctx, python)
    for module in module_ctx.modules:
        for lock in module.tags.lock:
            distributions = parse_lock(module_ctx.read(lock.lock_file))
            for key, distribution in distributions.items():
                wheel_repository(
                    name = "{}_{}".format(lock.hub_name, key),
                    deps = ["@{}_{}//:pkg".format(lock.hub_name, dep) for dep in distribution.deps],
                    distribution = distribution.name,
                    hashes = distribution.hashes,
                    python = python,
                    compatibility = tags,
                    version = distribution.version,
                )
            wheel_hub(name = lock.hub_name, distributions = distributions)
    return module_ctx.extension_metadata(reproducible = True)

wheels = module_extension(
    implementation = _wheels_impl,
    environ = ["PATH"],
    tag_classes = {
        "lock": tag_class(attrs = {
            "hub_name": attr.string(mandatory = True, doc = "Name of the repository with one package per distribution."),
            "lock_file": attr.label(mandatory = True, doc = "A lock with hashes, made by `uv pip compile --generate-hashes`."),
        }),
    },
)
