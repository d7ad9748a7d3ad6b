"""Decodes the models 0, 1, ... of a folder, and writes each embedding's values beside them."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "docs" / "decoders"))
from decode import decode  # noqa: E402

folder = pathlib.Path(sys.argv[1])
for number in range(int(sys.argv[2])):
    _, tensors = decode(folder / str(number) / "model.safetensors")
    for name, values in tensors.items():
        if name.endswith(("/table", "/A", "/B")):
            assert values.ndim == 2, name
            (folder / f"{number}.{name.replace('/', '.')}").write_bytes(values.astype("<f4").tobytes())
