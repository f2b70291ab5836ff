"""What the programs in bench/ share: a stack in a temporary folder, and how figures are shown. The project is importable from here on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
