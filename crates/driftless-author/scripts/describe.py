"""`driftless plugin build` runs this with Python: it loads a plugin outside of WebAssembly and asks it what it brings.

What is wrong with the plugin is better told now than out of a component that is half built. It goes to standard error; the manifest goes into the
folder of the build.
"""

import json
import os
import sys
import traceback
from pathlib import Path

#: What a plugin imports, and what it has to ask for, for each capability of the protocol.
CAPABILITIES = {
    "file": ("files", "files"),
    "http": ("http", "network"),
    "environment": ("environment", "environment"),
    "process": ("process", "commands"),
    "function": ("functions", "functions"),
}

#: Not the author's code: the plugin uses what it does not ask for.
NOT_ASKED_FOR = 3


def fail(text: str, code: int = 1) -> None:
    print(text.rstrip(), file=sys.stderr)
    sys.exit(code)


def told(raised: BaseException, plan: dict) -> str:
    """What was raised, with the lines of the author's files only, as paths in the project."""
    from driftless_plugin import _advice

    project = plan["project"] + os.sep
    frames = traceback.extract_tb(raised.__traceback__)
    packages = (plan["work"], os.path.join(plan["project"], ".venv"))
    own = [frame for frame in frames if frame.filename.startswith(project) and not frame.filename.startswith(packages)]
    if type(raised).__module__.startswith("driftless_plugin."):
        # Its module is no business of the author.
        last = [f"{type(raised).__name__}: {raised}\n"]
    else:
        last = traceback.format_exception_only(type(raised), raised)
    lines = traceback.format_list(own) + last
    advice = _advice.advice_on_import(raised) or _advice.advice(raised)
    return "".join(lines).replace(project, "") + (advice or "")


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.path[:0] = [plan["source"], plan["sdk"]]
    sys.dont_write_bytecode = True
    from driftless_plugin import _building, _dispatch, _host

    _building.guard()
    try:
        __import__(plan["entry"])
    except SyntaxError as raised:
        fail(f"it does not compile:\n{told(raised, plan)}")
    except BaseException as raised:
        fail(f"it fails while it is loaded:\n{told(raised, plan)}")
    _building.finish()
    for capability, (module, permission) in CAPABILITIES.items():
        if f"driftless_plugin.{module}" in sys.modules and capability not in plan["capabilities"]:
            place = _host.imported_at.get(capability)
            fail(
                f"it uses `driftless_plugin.{module}`{f', at {place},' if place else ''} without asking for it: add `permissions = {{{permission} = […]}}` to "
                "`[tool.driftless]` in pyproject.toml",
                NOT_ASKED_FOR,
            )
    _dispatch.set_manifest(plan["manifest"])
    Path(plan["out"], "manifest.json").write_text(_dispatch.get_plugin_metadata(), encoding="utf-8")
    Path(plan["out"], "definitions.json").write_text(_dispatch.describe(), encoding="utf-8")


if __name__ == "__main__":
    main()
