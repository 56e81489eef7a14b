"""Tests. They find the plugin, and the SDK that came with the `driftless` command."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / ".driftless" / "sdk" / "python")]
