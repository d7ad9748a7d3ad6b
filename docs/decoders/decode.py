"""Reads a model.safetensors written by Embedding Press, packed or not: docs/format.md describes it.

Copy this file; it needs numpy and nothing else.

    from decode import decode
    spec, tensors = decode("model.safetensors")
    tensors["embedding/table"]  # m x n, float32, or embedding/A and embedding/B

    python decode.py model.safetensors tensors.npz
"""

import json
import sys

import numpy as np


def decode(path):
    """What the model is, and its tensors, those that are coded among them as float32."""
    with open(path, "rb") as file:
        content = file.read()
    start = 8 + int.from_bytes(content[:8], "little")
    entries = json.loads(content[8:start])
    metadata = entries.pop("__metadata__")
    spec, packed = json.loads(metadata["spec"]), json.loads(metadata.get("packed", "{}"))
    stored = {}
    for name, entry in entries.items():
        begin, end = entry["data_offsets"]
        data = content[start + begin : start + end]
        if name in packed:
            stored[name] = unpack(np.frombuffer(data, np.uint8), **packed[name])
        else:
            type_ = "<f2" if entry["dtype"] == "F16" else "<f4"
            stored[name] = np.frombuffer(data, type_).astype(np.float32).reshape(entry["shape"])
    tensors = {}
    for prefix, table in tables_of(spec):
        coding, m, n, k = (table.get(key) for key in ("coding", "rows", "dimension", "rank"))
        matrices = [("table", m, n)] if k is None else [("A", m, k), ("B", k, n)]
        for matrix, rows, columns in matrices:
            name = f"{prefix}/{matrix}"
            if name in stored:
                continue
            parts = {key[len(name) + 1 :]: stored.pop(key) for key in list(stored) if key.startswith(name + "/")}
            how = factor_coding(coding) if matrix == "B" else coding
            tensors[name] = RULES[how["kind"]](parts, rows, columns, how)
    return spec, {**tensors, **stored}


def tables_of(spec):
    """The embedding tables of a model, by what their tensors' names begin with."""
    yield "embedding", spec["embedding"]
    for node in spec["body"].get("nodes", []):
        if node["className"] == "Embedding" and "weightsOf" not in node:
            config = node["config"]
            yield f"graph/{node['name']}", {**config, "rows": config["input_dim"], "dimension": config["output_dim"]}


def unpack(data, shape, bits):
    """Whole numbers of so many bits, from a byte's lowest bit up; five of three levels to a byte, in base 3."""
    count = int(np.prod(shape))
    if bits == "ternary":
        values = (data[:, None] // 3 ** np.arange(5) % 3).ravel()[:count]
    else:
        binary = np.unpackbits(data, bitorder="little")[: count * bits].reshape(count, bits)
        values = binary.astype(np.int64) @ (1 << np.arange(bits, dtype=np.int64))
    return values.astype(np.int64).reshape(shape)


def huffman(data, lengths):
    """Symbols of a stream, one by one; codes of the given lengths, as in DEFLATE."""
    symbols = sorted((s for s in range(len(lengths)) if lengths[s]), key=lambda s: (lengths[s], s))
    codes, code, before = {}, 0, 0
    for symbol in symbols:
        code <<= int(lengths[symbol]) - before
        before = int(lengths[symbol])
        codes[before, code] = symbol
        code += 1
    length = code = 0
    for bit in np.unpackbits(data.astype(np.uint8), bitorder="little").tolist():
        length, code = length + 1, 2 * code + bit
        symbol = codes.get((length, code))
        if symbol is not None:
            yield symbol
            length = code = 0


def places(parts, m, unknown):
    """Where each row is in what is stored, by a bitmap of the rows that are; the others are read as one, or as 0."""
    if "kept" not in parts:
        return np.arange(m)
    kept = parts["kept"]
    own = np.where(kept == 1, np.cumsum(kept) - 1, -1)
    return np.where(own < 0, own[unknown] if unknown else -1, own)


def factor_coding(coding):
    """How B is coded beside A."""
    if coding["kind"] == "frequent-rows":
        return coding.get("values")
    return coding if coding["kind"] == "fixed-point" else None


def fixed_point(parts, m, n, coding):
    top = (3 if coding["bits"] == "ternary" else 2 ** coding["bits"]) - 1
    scales = parts["scales"].astype(np.float64)
    offsets = parts["offsets"] if coding["zeroPoint"] else (-scales * top / 2).astype(np.float32)
    values = offsets.astype(np.float64)[:, None] + parts["codes"] * scales[:, None]
    return values.astype(np.float32)


def sparse(parts, m, n, coding):
    table = np.zeros((m, n), np.float32)
    if "mask" in parts:
        table[parts["mask"] == 1] = parts["values"]
    else:
        table[np.repeat(np.arange(m), parts["counts"]), parts["columns"]] = parts["values"]
    return table


def deep_compression(parts, m, n, coding):
    table = np.zeros(m * n, np.float32)
    # Halves are rounded up, where Python's round goes to the even neighbour.
    left = max(1, m * n - int(np.floor(coding["sparsity"] * (m * n) + 0.5)))
    gaps, indices = (huffman(parts[a], parts[b]) for a, b in (("gaps", "gapLengths"), ("indices", "indexLengths")))
    at = 0
    while left > 0:
        gap = next(gaps)
        at += gap
        if gap < 255:
            table[at] = parts["centroids"][next(indices)]
            at, left = at + 1, left - 1
    return table.reshape(m, n)


def product_quantization(parts, m, n, coding):
    rows = places(parts, m, coding["unknown"])
    columns = np.arange(n)
    codes = parts["codes"][:, columns // coding["subvector"]]
    values = parts["centroids"][codes, columns]
    if coding["norm"]:
        values = values * parts["norms"][parts["normCodes"]][:, None]
    return np.where(rows[:, None] < 0, np.float32(0), values[rows])


def frequent_rows(parts, m, n, coding):
    inner = coding.get("values")
    values = RULES[inner["kind"]](parts, m, n, inner) if inner else parts["values"]
    rows = places(parts, m, coding["unknown"])
    return np.where(rows[:, None] < 0, np.float32(0), values[rows])


def codes(parts, m, n, coding):
    table = np.zeros((m, n), np.float32)
    for book in range(coding["codebooks"]):
        table += parts["codewords"][book][parts["codes"][:, book]]
    return table


RULES = {
    "fixed-point": fixed_point,
    "sparse": sparse,
    "deep-compression": deep_compression,
    "product-quantization": product_quantization,
    "frequent-rows": frequent_rows,
    "codes": codes,
}

if __name__ == "__main__":
    np.savez(sys.argv[2], **decode(sys.argv[1])[1])
