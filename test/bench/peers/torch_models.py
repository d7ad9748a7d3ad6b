"""The same models as ours, as one writes them in PyTorch."""

import torch
from torch import nn


class Embedding(nn.Module):
    """Table rows, or rows of A; `expand` multiplies by B. A table of zeros rows is the padding's."""

    def __init__(self, table, rank=None, sparse=False, bag=False):
        super().__init__()
        rows, dimension = table.shape
        if rank is not None:
            table = torch.full((rows, rank), 0.1)
            table[0] = 0
        self.B = None if rank is None else nn.Parameter(torch.randn(rank, dimension) / rank)
        make = nn.EmbeddingBag if bag else nn.Embedding
        options = {"mode": "mean"} if bag else {}
        self.rows = make.from_pretrained(
            table.clone(), freeze=False, padding_idx=None if bag else 0, sparse=sparse, **options
        )

    def expand(self, vectors):
        return vectors if self.B is None else vectors @ self.B


class Dan(nn.Module):
    def __init__(self, embedding, dimension=100, hidden=(100, 100)):
        super().__init__()
        self.embedding = embedding
        layers, width = [], dimension
        for units in hidden:
            layers += [nn.Linear(width, units), nn.ReLU()]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, 2))

    def forward(self, ids, lengths):
        # The padding's row is zero and stays so.
        mean = self.embedding.rows(ids).sum(1) / lengths[:, None]
        return self.layers(self.embedding.expand(mean))


class BagDan(Dan):
    """No padding at all: ids one after the other."""

    def forward(self, ids, starts):
        return self.layers(self.embedding.expand(self.embedding.rows(ids, starts)))


class Lstm(nn.Module):
    def __init__(self, embedding, dimension=100, units=128, packed=False):
        super().__init__()
        self.embedding = embedding
        self.lstm = nn.LSTM(dimension, units, batch_first=True)
        self.head = nn.Linear(units, 2)
        self.packed = packed

    def forward(self, ids, lengths):
        vectors = self.embedding.expand(self.embedding.rows(ids))
        if self.packed:
            packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
            outputs, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        else:
            outputs = self.lstm(vectors)[0]
            real = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
            outputs = outputs * real[:, :, None]
        return self.head(outputs.sum(1) / lengths[:, None])
