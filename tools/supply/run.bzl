"""Runs an action of actions.py with the toolchain's interpreter, without any wheel.

A plain interpreter starts in 20 ms, a py_binary's launcher in several times that; these actions
run after every edit.
"""

load("@rules_python//python:defs.bzl", "PyInfo")

_PYTHON = "@bazel_tools//tools/python:toolchain_type"

TOOLCHAINS = [_PYTHON]
CODE = {
    "_actions": attr.label(default = Label("//tools/supply:actions")),
    "_library": attr.label(default = Label("//platform/paved/supply:signing"), providers = [PyInfo]),
}

def _root(label, folder):
    return "/".join([part for part in [label.workspace_root, folder] if part])

def run(ctx, action, arguments, inputs, outputs, mnemonic, progress_message, tools = [], requirements = {}, **kwargs):
    """Declares an action that runs a command of actions.py.

    Args:
      ctx: the rule's context; its attributes include CODE, its toolchains TOOLCHAINS.
      action: the command.
      arguments: list of Args.
      inputs: depset of files.
      outputs: list of files.
      mnemonic: as in ctx.actions.run.
      progress_message: as in ctx.actions.run.
      tools: further tools.
      requirements: the action's execution requirements.
      **kwargs: passed to ctx.actions.run.
    """
    runtime = ctx.toolchains[_PYTHON].py3_runtime
    start = ctx.actions.args()
    start.add_all(["-B", "-P", "-s", "-S", "-m", "supply.actions", action])
    roots = [_root(ctx.attr._actions.label, "tools"), _root(ctx.attr._library.label, "platform")]
    ctx.actions.run(
        executable = runtime.interpreter or runtime.interpreter_path,
        arguments = [start] + arguments,
        env = {"PYTHONPATH": ":".join(roots)},
        execution_requirements = requirements,
        inputs = depset(
            ctx.files._actions,
            transitive = [inputs, ctx.attr._library[PyInfo].transitive_sources],
        ),
        mnemonic = mnemonic,
        outputs = outputs,
        progress_message = progress_message,
        toolchain = None,
        tools = tools + ([runtime.files] if runtime.files else []),
        **kwargs
    )
