"""A facts collector that reads the names of hosts. It asks for the file in pyproject.toml; its user grants it, or does not."""

from dataclasses import dataclass, field

from driftless_plugin import facts, files


@dataclass
class Hosts:
    """What is left out."""

    skip: list[str] = field(default_factory=list, metadata={"description": "Names that are left out."})


@facts
def hosts(config: Hosts) -> dict[str, dict[str, list[str]]]:
    """The names in /etc/hosts and their addresses."""
    names: dict[str, list[str]] = {}
    for line in files.read_text("/etc/hosts").splitlines():
        words = line.split("#")[0].split()
        for name in words[1:]:
            if name not in config.skip:
                names.setdefault(name, []).append(words[0])
    return {"names": names}
