"""The sentences and tables that the bench has written, and mini-batches of them."""

import numpy as np

BATCH = 64
WINDOW = 50 * BATCH


class Sentences:
    def __init__(self, folder, part):
        self.ids = np.fromfile(f"{folder}/{part}.ids", np.int32)
        self.offsets = np.fromfile(f"{folder}/{part}.offsets", np.int32)
        self.labels = np.fromfile(f"{folder}/{part}.labels", np.int32).astype(np.int64)
        self.lengths = np.diff(self.offsets)

    def __len__(self):
        return len(self.labels)

    def batch(self, order):
        """ids (padded with 0 on the right to the longest), lengths, labels"""
        lengths = self.lengths[order]
        ids = np.zeros((len(order), lengths.max()), np.int64)
        for row, sentence in enumerate(order):
            ids[row, : lengths[row]] = self.ids[self.offsets[sentence] : self.offsets[sentence + 1]]
        return ids, lengths, self.labels[order]

    def flat(self, order):
        """The same without padding: ids one after the other, and where each sentence begins."""
        parts = [self.ids[self.offsets[s] : self.offsets[s + 1]] for s in order]
        lengths = self.lengths[order]
        starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        return np.concatenate(parts).astype(np.int64), starts, self.labels[order]

    def orders(self, random, buckets):
        """An epoch's batches; with buckets sorted by length within windows of 50 batches, as ours are."""
        order = random.permutation(len(self))
        if buckets:
            for start in range(0, len(order), WINDOW):
                window = order[start : start + WINDOW]
                order[start : start + WINDOW] = window[np.argsort(self.lengths[window], kind="stable")]
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        if buckets:
            random.shuffle(batches)
        return batches

    def by_length(self, size):
        order = np.argsort(self.lengths, kind="stable")
        return [order[start : start + size] for start in range(0, len(order), size)]


def table(folder, dimension=100):
    return np.fromfile(f"{folder}/table", np.float32).reshape(-1, dimension)
