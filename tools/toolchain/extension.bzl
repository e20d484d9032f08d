"""Module extension: the locked tools as labels.

    locked_tools = use_extension("@paved//tools/toolchain:extension.bzl", "locked_tools")
    use_repo(locked_tools, "paved_tools")

gives `@paved_tools//:cosign` and so on: one executable file each. Every tool is a repository of
its own, so that it is fetched only when something needs it, and comes from the per-user cache
that the command line uses too.
"""

load(":repositories.bzl", "locked_tool", "pip_wheel", "tool_hub")

def _locked_tools_impl(module_ctx):
    lock = json.decode(module_ctx.read(Label("//tools/toolchain:tools.lock.json")))
    programs = {}
    for entry in lock["tools"]:
        repository = "paved_tool_" + entry["name"].replace("-", "_")
        locked_tool(name = repository, entry = json.encode(entry))
        for program in entry["binaries"]:
            programs[program] = "@{}//:{}".format(repository, program)
        programs[entry["name"]] = "@{}//:{}".format(repository, entry["binaries"][0])
    pip_wheel(name = "paved_pip")
    programs["pip.whl"] = "@paved_pip//:pip.whl"
    tool_hub(name = "paved_tools", programs = programs)
    return module_ctx.extension_metadata(reproducible = True)

locked_tools = module_extension(
    implementation = _locked_tools_impl,
    doc = "Makes `@paved_tools` from tools.lock.json.",
)
