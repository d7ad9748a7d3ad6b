"""Trains classifiers of SST-2 in Keras, or evaluates files in Keras. Reads a request as JSON, prints the answer as JSON."""

import json
import os
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import keras
import numpy as np

LENGTH = 60
PADDING, UNKNOWN = "<pad>", "<unk>"


def sentences(path):
    rows = [line.rstrip("\n").split(" ", 1) for line in open(path, encoding="utf-8")]
    return [text.lower().split() for _, text in rows], np.array([int(label) for label, _ in rows])


def glove(path, wanted):
    """Those of word2vec's binary form whose words are wanted."""
    data = Path(path).read_bytes()
    end = data.index(b"\n")
    count, dimension = map(int, data[:end].split())
    found, at = {}, end + 1
    for _ in range(count):
        space = data.index(b" ", at)
        word = data[at:space].decode("utf-8")
        at = space + 1 + 4 * dimension
        if word in wanted:
            found[word] = np.frombuffer(data, "<f4", dimension, space + 1)
    return found


def encode(texts, words):
    rows = {word: row for row, word in enumerate(words)}
    ids = np.zeros((len(texts), LENGTH), np.int32)
    for i, text in enumerate(texts):
        known = [rows.get(word, 1) for word in text[:LENGTH]]
        ids[i, : len(known)] = known
    return ids


def average():
    layers = keras.layers
    return [
        layers.GlobalAveragePooling1D(),
        layers.Dense(30, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(25, activation="relu"),
    ]


def recurrent():
    return [keras.layers.Dropout(0.3), keras.layers.Bidirectional(keras.layers.LSTM(24))]


def train(request):
    parts = {name: sentences(path) for name, path in request["data"].items()}
    vectors = glove(request["vectors"], {word for text in parts["train"][0] for word in text})
    words = [PADDING, UNKNOWN, *sorted(vectors)]
    known = np.stack([vectors[word] for word in words[2:]])
    table = np.concatenate([np.zeros((1, known.shape[1])), known.mean(0, keepdims=True), known]).astype(np.float32)
    ids = {name: encode(texts, words) for name, (texts, _) in parts.items()}
    labels = {name: labels for name, (_, labels) in parts.items()}
    answer = []
    for model, body, epochs in [("dan", average, 4), ("bilstm", recurrent, 3)]:
        keras.utils.set_random_seed(1)
        started = time.monotonic()
        network = keras.Sequential(
            [
                keras.layers.Input((LENGTH,), dtype="int32"),
                keras.layers.Embedding(*table.shape, mask_zero=True),
                *body(),
                keras.layers.Dense(2, activation="softmax"),
            ]
        )
        network.layers[0].set_weights([table])
        network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        data = (ids["validation"], labels["validation"])
        network.fit(ids["train"], labels["train"], 32, epochs, verbose=0, validation_data=data)
        accuracy = network.evaluate(ids["test"], labels["test"], 256, verbose=0)[1]
        seconds = time.monotonic() - started
        for format in request["formats"][model]:
            folder = Path(request["folder"], f"{model}-{format}")
            folder.mkdir()
            network.save(folder / f"model.{format}")
            (folder / "vocabulary.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
            answer.append({"folder": str(folder), "format": format, "accuracy": accuracy, "seconds": seconds})
    return answer


def evaluate(request):
    texts, labels = sentences(request["data"]["test"])
    accuracies = []
    for path in request["evaluate"]:
        words = Path(path).parent.joinpath("vocabulary.txt").read_text(encoding="utf-8").splitlines()
        scores = keras.saving.load_model(path, compile=False).predict(encode(texts, words), 256, verbose=0)
        accuracies.append(float((scores.argmax(1) == labels).mean()))
    return accuracies


request = json.load(sys.stdin)
print("\n" + json.dumps(evaluate(request) if "evaluate" in request else train(request)))
