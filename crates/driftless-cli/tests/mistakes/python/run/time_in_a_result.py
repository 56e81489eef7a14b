from datetime import datetime

from driftless_plugin import facts


@facts
def time_in_a_result() -> dict:
    return {"boots": [{"at": datetime(2026, 1, 2)}]}


# calls: execute_facts_collector
# says: what it returned cannot be written as JSON: `boots[0].at` is of the type datetime; write `.isoformat()`, at src/time_in_a_result.py:6
