from driftless_plugin import template_filter


@template_filter
def shout(value: str) -> str:
    value.upper()


# says: "src/plugin.py", line 4 || "src/plugin.py", line 5
# says: the template filter `shout` returns nothing
# says: write `return` in front of the value
