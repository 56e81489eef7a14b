def greet(who: str) -> str:
    return f"Hello {who}"


# exit: 3
# says: it brings no component, so there is nothing to call; put `@task`, `@facts` or another decorator of `driftless_plugin` above a function, in the module `plugin`
