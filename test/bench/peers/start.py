"""From nothing to the first training step: start.py LIBRARY DATA-FOLDER."""

import importlib
import sys

library, folder = sys.argv[1:3]
importlib.import_module(f"peer_{library}").tasks["epoch"](model="dan", folder=folder, steps=1)
print("{}")
