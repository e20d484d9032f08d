"Runs the Python modules in oci_layout/, as actions and from launchers."

PYTHON_TOOLCHAIN = "@bazel_tools//tools/python:toolchain_type"

PYTHON_ATTRS = {
    "_oci_layout": attr.label(default = Label(":oci_layout")),
}

_FLAGS = ["-B", "-P", "-s", "-S", "-m"]

_LAUNCHER = """\
#!/bin/sh
# Runs {module} on files of this target's runfiles.
set -eu
case "$0" in /*) self="$0" ;; *) self="$PWD/$0" ;; esac
runfiles="${{RUNFILES_DIR:-$self.runfiles}}"
export PYTHONPATH="$runfiles/{import_root}"
exec {python} {flags} {arguments} "$@"
"""

def _runtime(ctx):
    return ctx.toolchains[PYTHON_TOOLCHAIN].py3_runtime

def _import_root(path):
    return path.rpartition("/oci_layout/")[0]

def runfile(ctx, file):
    """Returns a file's path below the runfiles folder."""
    if file.short_path.startswith("../"):
        return file.short_path.removeprefix("../")
    return ctx.workspace_name + "/" + file.short_path

def run_module(ctx, module, arguments, inputs, outputs, mnemonic, progress_message):
    """Registers an action that runs a module.

    Args:
      ctx: of a rule with PYTHON_ATTRS and PYTHON_TOOLCHAIN.
      module: the module's name.
      arguments: an Args object.
      inputs: a depset of files.
      outputs: a list of files.
      mnemonic: as usual.
      progress_message: as usual.
    """
    runtime = _runtime(ctx)
    code = ctx.files._oci_layout
    start = ctx.actions.args()
    start.add_all(_FLAGS + [module])
    ctx.actions.run(
        executable = runtime.interpreter or runtime.interpreter_path,
        arguments = [start, arguments],
        inputs = depset(code, transitive = [inputs]),
        outputs = outputs,
        tools = [runtime.files] if runtime.files else [],
        env = {"PYTHONPATH": _import_root(code[0].path)},
        mnemonic = mnemonic,
        progress_message = progress_message,
        toolchain = None,
    )

def module_launcher(ctx, module, arguments, files):
    """Writes an executable that runs a module with fixed arguments, then the user's.

    Args:
      ctx: of a rule with PYTHON_ATTRS and PYTHON_TOOLCHAIN.
      module: the module's name.
      arguments: list of strings, or of files: their paths in the runfiles.
      files: list of files that the module reads.

    Returns:
      The executable file and its runfiles.
    """
    runtime = _runtime(ctx)
    code = ctx.files._oci_layout
    interpreter = _quote(runtime.interpreter_path)
    if runtime.interpreter:
        interpreter = _in_runfiles(ctx, runtime.interpreter)
    launcher = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(launcher, is_executable = True, content = _LAUNCHER.format(
        module = module,
        import_root = _import_root(runfile(ctx, code[0])),
        python = interpreter,
        flags = " ".join(_FLAGS + [module]),
        arguments = " ".join([
            _quote(argument) if type(argument) == "string" else _in_runfiles(ctx, argument)
            for argument in arguments
        ]),
    ))
    runfiles = ctx.runfiles(files + code, transitive_files = runtime.files)
    return launcher, runfiles

def _in_runfiles(ctx, file):
    return '"$runfiles"/' + _quote(runfile(ctx, file))

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"
