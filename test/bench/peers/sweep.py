"""A sweep over ranks and seeds with PyTorch: sweep.py MODEL-FOLDER DATA-FOLDER OPTIMIZER COPY COPIES.

Starts from a model that is trained; retrains it for each seed as it is, and factorized at each rank; keeps each
one's best epoch by the validation sentences and tests that one. A copy does every COPIES-th of them.
"""

import copy
import json
import sys
from itertools import product

import numpy as np
import torch
from torch import nn

import data
from peer_torch import optimizers
from torch_models import Dan, Embedding

RANKS, SEEDS, EPOCHS = [None, 1, 2, 4, 9, 18, 36], [1, 2, 3], 5


def read_model(folder):
    """The weights of our tfjs model: the table, then kernels and biases by turns; those that mask are left out."""
    with open(f"{folder}/model.json") as file:
        (group,) = json.load(file)["weightsManifest"]
    values = np.concatenate([np.fromfile(f"{folder}/{path}", np.float32) for path in group["paths"]])
    tensors, at = [], 0
    for weight in group["weights"]:
        size = int(np.prod(weight["shape"]))
        if weight["name"].startswith(("embedding", "hidden", "head")):
            tensors.append(torch.from_numpy(values[at : at + size].reshape(weight["shape"])))
        at += size
    return tensors


def start(weights, rank, sparse):
    table, *dense = weights
    embedding = Embedding(table, sparse=sparse)
    if rank is not None:
        W = table.numpy().astype(np.float64)
        squares, vectors = np.linalg.eigh(W.T @ W)
        V, roots = vectors[:, ::-1][:, :rank], squares[::-1][:rank] ** 0.25
        embedding = Embedding(torch.from_numpy((W @ V / roots).astype(np.float32)), sparse=sparse)
        embedding.B = nn.Parameter(torch.from_numpy((roots[:, None] * V.T).astype(np.float32)))
    network = Dan(embedding, table.shape[1])
    with torch.no_grad():
        for layer, kernel, bias in zip(network.layers[::2], dense[::2], dense[1::2]):
            layer.weight.copy_(kernel.T)
            layer.bias.copy_(bias)
    return network


def accuracy(network, sentences):
    right = 0
    with torch.inference_mode():
        for order in sentences.by_length(256):
            ids, lengths, labels = map(torch.from_numpy, sentences.batch(order))
            right += int((network(ids, lengths).argmax(1) == labels).sum())
    return right / len(sentences)


def retrain(weights, rank, seed, optimizer, train, validation, test):
    random = np.random.default_rng(seed)
    network = start(weights, rank, optimizer == "sparse")
    updates = optimizers(network, optimizer)
    loss_of = nn.CrossEntropyLoss()
    best, state = accuracy(network, validation), copy.deepcopy(network.state_dict())
    for _ in range(EPOCHS):
        for order in train.orders(random, buckets=True):
            ids, lengths, labels = map(torch.from_numpy, train.batch(order))
            for update in updates:
                update.zero_grad()
            loss_of(network(ids, lengths), labels).backward()
            for update in updates:
                update.step()
        found = accuracy(network, validation)
        if found > best:
            best, state = found, copy.deepcopy(network.state_dict())
    network.load_state_dict(state)
    return accuracy(network, test)


model, folder, optimizer = sys.argv[1:4]
number, copies = map(int, sys.argv[4:])
weights = read_model(model)
parts = [data.Sentences(folder, part) for part in ("train", "validation", "test")]
jobs = list(product(SEEDS, RANKS))
found = [(rank, retrain(weights, rank, seed, optimizer, *parts)) for seed, rank in jobs[number::copies]]
share = len(SEEDS) * (len(RANKS) - 1)
print(json.dumps({"accuracy": sum(value for rank, value in found if rank is not None) / share}))
