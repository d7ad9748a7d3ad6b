"""Truncated singular value decompositions with numpy, PyTorch and scikit-learn."""

import os
import time
from functools import cache

import numpy as np
import torch
from sklearn.utils.extmath import randomized_svd

torch.set_num_threads(int(os.environ["BENCH_THREADS"]))


@cache
def matrix_of(path, dimension):
    return np.fromfile(path, np.float32).reshape(-1, dimension)


def gram(W, k, dtype):
    W = W.astype(dtype, copy=False)
    _, vectors = np.linalg.eigh(W.T @ W)
    V = vectors[:, ::-1][:, :k]
    return W @ V, V


def numpy_svd(W, k):
    U, S, Vt = np.linalg.svd(W, full_matrices=False)
    return U[:, :k] * S[:k], Vt[:k].T


def torch_lowrank(W, k):
    U, S, V = torch.svd_lowrank(torch.from_numpy(W), q=k)
    return (U * S).numpy(), V.numpy()


def sklearn_randomized(W, k):
    U, S, Vt = randomized_svd(W, k, random_state=0)
    return U * S, Vt.T


methods = {
    "gram64": lambda W, k: gram(W, k, np.float64),
    "gram32": lambda W, k: gram(W, k, np.float32),
    "svd": numpy_svd,
    "svd_lowrank": torch_lowrank,
    "randomized_svd": sklearn_randomized,
}


def svd(method, matrix, dimension, rank):
    """Seconds, and the length ||W - W V V^T|| of what the approximation leaves out."""
    W = matrix_of(matrix, dimension)
    started = time.perf_counter()
    _, V = methods[method](W, rank)
    seconds = time.perf_counter() - started
    squares = 0.0
    for start in range(0, len(W), 1 << 16):
        part = W[start : start + (1 << 16)].astype(np.float64)
        squares += (part * part).sum() - ((part @ V.astype(np.float64)) ** 2).sum()
    return {"seconds": seconds, "left": float(np.sqrt(squares))}


def random_matrix(path, rows, dimension):
    """Normal numbers whose columns fall off as word vectors' singular values do, mixed by a rotation."""
    random = np.random.default_rng(1)
    scales = (1 / np.sqrt(1 + np.arange(dimension))).astype(np.float32)
    rotation = np.linalg.qr(random.standard_normal((dimension, dimension)))[0].astype(np.float32)
    values = random.standard_normal((rows, dimension), np.float32) * scales
    (values @ rotation).tofile(path)
    return {}


tasks = {"svd": svd, "random_matrix": random_matrix}
