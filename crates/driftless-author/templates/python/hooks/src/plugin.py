"""What is called around tasks. A hook that raises fails, and says why."""

from typing import Any

from driftless_plugin import hook, log


@hook
def before_task(task: dict[str, Any]) -> dict[str, str]:
    """Lets nothing be deployed to nowhere."""
    if task["task_name"] == "deploy" and "STAGE" not in task.get("env_vars", {}):
        return {"verdict": "abort", "message": "deploy needs the variable STAGE"}
    log.info(f"{task['task_name']} begins")
    return {"verdict": "continue"}


@hook
def after_task(task: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Tells that a task is done."""
    log.info(f"{task['task_name']} is done")


@hook
def on_task_failure(task: dict[str, Any], error: dict[str, Any]) -> None:
    """Tells that a task failed."""
    log.error(f"{task['task_name']} failed: {error['message']}")
