"""Trains and predicts with PyTorch."""

import os
import time
from functools import cache

import numpy as np
import torch
from torch import nn

import data
from torch_models import BagDan, Dan, Embedding, Lstm

torch.set_num_threads(int(os.environ["BENCH_THREADS"]))
sentences = cache(data.Sentences)
RATE, EPSILON = 1e-3, 1e-7
PASSES = 5  # each batch counts with the median of so many


def build(model, folder, rank=None, sparse=False, dimension=100):
    """`dimension` other than the table's: rows of that width, as a model has whose B is multiplied into its kernel."""
    table = torch.from_numpy(data.table(folder))
    if dimension != table.shape[1]:
        table = torch.full((table.shape[0], dimension), 0.1)
    embedding = Embedding(table, rank, sparse, bag=model == "bag")
    if model == "lstm" or model == "packed":
        return Lstm(embedding, dimension, packed=model == "packed")
    return (BagDan if model == "bag" else Dan)(embedding, dimension)


def optimizers(model, optimizer):
    if optimizer != "sparse":
        return [torch.optim.Adam(model.parameters(), RATE, eps=EPSILON, fused=optimizer == "fused")]
    rows = list(model.embedding.rows.parameters())
    rest = [p for p in model.parameters() if p is not rows[0]]
    return [
        torch.optim.SparseAdam(rows, RATE, eps=EPSILON),
        torch.optim.Adam(rest, RATE, eps=EPSILON, fused=True),
    ]


@cache
def training(model, optimizer, folder, rank):
    network = build(model, folder, rank, sparse=optimizer == "sparse")
    return network, optimizers(network, optimizer), np.random.default_rng(1)


def epoch(model, folder, optimizer="fused", buckets=False, rank=None, steps=None):
    """Seconds of an epoch; with `steps` those of so many steps, made an epoch's by their number."""
    network, updates, random = training(model, optimizer, folder, rank)
    train = sentences(folder, "train")
    loss_of = nn.CrossEntropyLoss()
    started = time.perf_counter()
    orders = train.orders(random, buckets)
    for order in orders[:steps]:
        ids, lengths, labels = map(torch.from_numpy, train.flat(order) if model == "bag" else train.batch(order))
        for update in updates:
            update.zero_grad()
        loss = loss_of(network(ids, lengths), labels)
        loss.backward()
        for update in updates:
            update.step()
        loss.item()
    seconds = time.perf_counter() - started
    return {"seconds": seconds * len(orders) / len(orders[:steps])}


@cache
def inference(model, folder, rank, dimension, size):
    network = build(model, folder, rank, dimension=dimension).eval()
    test = sentences(folder, "test")
    orders = test.by_length(size)
    if size == 1:
        orders = np.random.default_rng(1).permutation(len(test))[:500, None]
    return network, [tuple(map(torch.from_numpy, test.batch(order))) for order in orders]


@torch.inference_mode()
def predict(model, folder, size, rank=None, dimension=100):
    """Microseconds of the median batch, and sentences a second over all of them."""
    network, batches = inference(model, folder, rank, dimension, size)
    times = []
    for ids, lengths, _ in batches:
        passes = []
        for _ in range(PASSES):
            started = time.perf_counter()
            torch.softmax(network(ids, lengths), 1).numpy()
            passes.append(time.perf_counter() - started)
        times.append(float(np.median(passes)))
    count = sum(len(labels) for _, _, labels in batches)
    return {"microseconds": 1e6 * float(np.median(times)), "rate": count / sum(times)}


tasks = {"epoch": epoch, "predict": predict}
