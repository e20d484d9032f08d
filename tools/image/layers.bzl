"""The rules behind the layers of a Python image: base, wheels, application.

Each takes just the files that it puts into its tar, so that a change of the application leaves
the wheels' layer alone.
"""

load("@rules_python//python:defs.bzl", "PyInfo")

_PYTHON = "@bazel_tools//tools/python:toolchain_type"
_CODE = {
    "_code": attr.label(default = Label("//tools/image:code")),
}

def _run(ctx, module, arguments, inputs, output, progress_message):
    runtime = ctx.toolchains[_PYTHON].py3_runtime
    code = ctx.files._code
    start = ctx.actions.args()
    start.add_all(["-B", "-P", "-s", "-S", "-m", module])
    ctx.actions.run(
        executable = runtime.interpreter or runtime.interpreter_path,
        arguments = [start, arguments],
        inputs = depset(code, transitive = [inputs]),
        outputs = [output],
        tools = [runtime.files] if runtime.files else [],
        env = {"PYTHONPATH": code[0].dirname.rpartition("/")[0]},
        mnemonic = "ImageLayer",
        progress_message = progress_message,
        toolchain = None,
    )

def _base_layer_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".tar")
    arguments = ctx.actions.args()
    arguments.add(output)
    arguments.add_all(ctx.files.debs)
    _run(ctx, "image.base_layer", arguments, depset(ctx.files.debs), output, "Image base %{label}")
    return [DefaultInfo(files = depset([output]))]

base_layer = rule(
    implementation = _base_layer_impl,
    doc = "Lays Debian packages out as one uncompressed tar, without running their scripts.",
    attrs = {
        "debs": attr.label_list(doc = "Package files.", mandatory = True, allow_files = [".deb"]),
    } | _CODE,
    toolchains = [_PYTHON],
)

def _is_wheel(file):
    """Tells whether a file is third-party: a module extension made its repository.

    Such a repository's canonical name is MODULE~VERSION~EXTENSION~NAME (`+` for `~` from Bazel 8
    on), where a module's own has one separator and the main repository's none.
    """
    repository = file.owner.workspace_name
    return repository.count("~") + repository.count("+") > 1

def _python_files(libraries):
    return depset(transitive = [
        files
        for library in libraries
        for files in [library[PyInfo].transitive_sources, library[DefaultInfo].default_runfiles.files]
    ]).to_list()

def _as_argument(file):
    """Formats a file as its path in the runfiles, a tab, and where it is."""
    name = "_main/" + file.short_path
    if file.short_path.startswith("../"):
        name = file.short_path.removeprefix("../")
    return "{}\t{}".format(name, file.path)

def _python_layer_impl(ctx):
    wheels = ctx.attr.wheels
    files = [
        file
        for file in _python_files(ctx.attr.libraries)
        if _is_wheel(file) == wheels
    ]
    roots = depset(transitive = [library[PyInfo].imports for library in ctx.attr.libraries])
    output = ctx.actions.declare_file(ctx.label.name + ".tar")
    arguments = ctx.actions.args()
    arguments.use_param_file("@%s", use_always = True)
    arguments.set_param_file_format("multiline")
    arguments.add(output, format = "--output=%s")
    arguments.add(ctx.attr.to, format = "--to=%s")
    if wheels:
        arguments.add("--wheels")
    arguments.add_all(roots, format_each = "--import=%s")
    arguments.add_all(files, map_each = _as_argument, format_each = "--file=%s")
    _run(ctx, "image.python_layer", arguments, depset(files), output, "Image layer %{label}")
    return [DefaultInfo(files = depset([output]))]

python_layer = rule(
    implementation = _python_layer_impl,
    doc = "Lays out what Python libraries need, transitively: third-party wheels, or all else.",
    attrs = {
        "libraries": attr.label_list(doc = "py_library targets.", mandatory = True, providers = [PyInfo]),
        "to": attr.string(doc = "The folder in the image, without a leading slash.", mandatory = True),
        "wheels": attr.bool(doc = "Take the wheels, and only them; else, take everything else.", mandatory = True),
    } | _CODE,
    toolchains = [_PYTHON],
)
