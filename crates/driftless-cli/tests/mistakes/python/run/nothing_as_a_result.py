from driftless_plugin import facts


@facts
def nothing_as_a_result():
    {"name": "moon"}


# calls: execute_facts_collector
# says: what it returned is not a JSON object: it is None, as of a function without `return`; return a dict or a dataclass, at src/nothing_as_a_result.py:4
