"""Repository rules behind the locked_tools extension: one per tool, and the hub."""

_SECONDS = 3600  # a tool without a package may have to be compiled on first use

def _locked_tool_impl(rctx):
    entry = json.decode(rctx.attr.entry)
    for variable in ["HOME", "PAVED_CACHE", "XDG_CACHE_HOME"]:
        rctx.getenv(variable)  # where the cache is; another one is another answer
    python = rctx.which("python3")
    if not python:
        fail("python3 is not on PATH; hint: apt-get install python3")
    fetcher = rctx.path(Label("//tools/toolchain:fetch.py"))
    _watch(rctx, fetcher.dirname)
    rctx.report_progress("fetching {name} {version}".format(**entry))
    result = rctx.execute(
        [python, fetcher, "tool", entry["name"]],
        environment = {"PYTHONDONTWRITEBYTECODE": "1"},
        timeout = _SECONDS,
    )
    if result.return_code != 0:
        fail("\n" + result.stderr)
    for program, path in zip(entry["binaries"], result.stdout.splitlines()):
        _take(rctx, path, program, whole = [s for s in entry["sources"] if s.get("whole")])
    rctx.file("BUILD.bazel", "exports_files({})\n".format(json.encode(entry["binaries"])))

def _take(rctx, path, program, whole):
    """Copies a program, since the cache may be emptied; one that needs what is beside it stays."""
    if whole:
        rctx.symlink(path, program)
        return
    copied = rctx.execute(["cp", "--reflink=auto", path, program])
    if copied.return_code != 0:
        fail("\n" + copied.stderr)

def _watch(rctx, folder):
    """Has the repository made again when the fetcher changes (a cache hit makes that quick)."""
    for place in [folder, folder.get_child("locked")]:
        for file in place.readdir(watch = "no"):
            if file.basename.endswith(".py"):
                rctx.watch(file)

locked_tool = repository_rule(
    implementation = _locked_tool_impl,
    doc = "The programs of one locked tool, out of the per-user cache.",
    attrs = {
        "entry": attr.string(mandatory = True, doc = "The tool's entry in the lock, as JSON."),
    },
)

def _pip_wheel_impl(rctx):
    script = "import sys; sys.path[0] = sys.argv[1]; from toolchain import pip; print(pip.from_debian())"
    tools = rctx.path(Label("//tools/toolchain:fetch.py")).dirname.dirname
    result = rctx.execute(
        [rctx.which("python3") or fail("python3 is not on PATH"), "-c", script, tools],
        environment = {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    if result.return_code != 0:
        fail("\n" + result.stderr)
    rctx.symlink(result.stdout.strip(), "pip.whl")
    rctx.file("BUILD.bazel", 'exports_files(["pip.whl"])\n')

pip_wheel = repository_rule(
    implementation = _pip_wheel_impl,
    doc = "pip as a wheel, for tests of the fetcher on machines whose Python came without it.",
)

def _tool_hub_impl(rctx):
    lines = ['package(default_visibility = ["//visibility:public"])']
    for name, actual in sorted(rctx.attr.programs.items()):
        lines.append('alias(name = "{}", actual = "{}")'.format(name, actual))
    rctx.file("BUILD.bazel", "\n".join(lines) + "\n")

tool_hub = repository_rule(
    implementation = _tool_hub_impl,
    doc = "One alias per program and per tool, so that asking for one fetches that one.",
    attrs = {
        "programs": attr.string_dict(mandatory = True, doc = "Name -> label of the program."),
    },
)
