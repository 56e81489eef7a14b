from driftless_plugin import facts


@facts
def number_in_a_result() -> dict:
    return {"load": [0.5, float("nan")]}


# calls: execute_facts_collector
# says: what it returned cannot be written as JSON: `load[1]` is `nan`, which is no number; write `None`, at src/number_in_a_result.py:4
