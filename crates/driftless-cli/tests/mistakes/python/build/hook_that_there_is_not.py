from driftless_plugin import hook


@hook
def before_tasks(context):
    return {"verdict": "continue"}


# exit: 1
# says: File "src/plugin.py", line 4, in <module> || File "src/plugin.py", line 5, in <module>
# says: there is no hook `before_tasks`; there are: initialize, shutdown, before_task, after_task, on_task_failure
