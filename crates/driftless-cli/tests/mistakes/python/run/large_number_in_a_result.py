from driftless_plugin import facts


@facts
def large_number_in_a_result() -> dict:
    return {"inode": 2**64}


# calls: execute_facts_collector
# says: `inode` is an integer of more than 64 bits; write `str(…)`, which keeps its digits, at src/large_number_in_a_result.py:4
