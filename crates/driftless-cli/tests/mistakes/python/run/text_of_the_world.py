import re
import unicodedata

from driftless_plugin import facts


@facts
def text_of_the_world() -> dict:
    """What Python knows about Unicode is in a component as well."""
    return {
        "words": re.findall(r"\w+", "Straße, Ünïcode"),
        "composed": unicodedata.normalize("NFC", "e\u0301"),
        "upper": "ß".upper(),
        "folded": "Straße".casefold(),
        "category": unicodedata.category("Ü"),
        "idna": "bücher.example".encode("idna").decode(),
        "utf-16": "é".encode("utf-16-le").hex(),
    }


# calls: execute_facts_collector
# exit: 0
# prints: {"words":["Straße","Ünïcode"],"composed":"é","upper":"SS","folded":"strasse","category":"Lu","idna":"xn--bcher-kva.example","utf-16":"e900"}
