"""Judges factors against numpy's float64 SVD. Reads a folder (case.json, *.bin), prints one JSON line."""

import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
case = json.loads((folder / "case.json").read_text())
m, n, k = case["m"], case["n"], case["rank"]


def read(name, kind, *shape):
    return np.fromfile(folder / f"{name}.bin", dtype=kind).reshape(shape).astype(np.float64)


W = read("table", "<f4", m, n)
A = read("A", "<f4", m, k)
B = read("B", "<f4", k, n)
D = read("weights", "<f4", m) if case["weighted"] else np.ones(m)
if case["metric"] == "task":
    values, Q = np.linalg.eigh(read("covariance", "<f8", n, n))
    values = np.maximum(values, 1e-6 * values.max())
    root = (Q * np.sqrt(values)) @ Q.T
else:
    root = np.eye(n)

felt = np.sqrt(D)[:, None] * W @ root
_, singular, Vt = np.linalg.svd(felt, full_matrices=False)
best = Vt[:k]
# The rows of B, as the metric sees them, span what numpy's first k right singular vectors span.
ours = np.linalg.qr((B @ root).T)[0].T
print(
    json.dumps(
        {
            "numpy": np.__version__,
            "singularValues": singular.tolist(),
            "optimum": float(np.sqrt((singular[k:] ** 2).sum())),
            "error": float(np.linalg.norm(np.sqrt(D)[:, None] * (W - A @ B) @ root)),
            "projectionDistance": float(np.linalg.norm(ours.T @ ours - best.T @ best, 2)),
        }
    )
)
