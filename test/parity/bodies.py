"""Class probabilities of a model built in Keras. Reads a folder (case.json, weights.bin), prints them as JSON."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
from keras import layers

folder = Path(sys.argv[1])
case = json.loads((folder / "case.json").read_text())
body = case["body"]
data = np.fromfile(folder / "weights.bin", dtype="<f4")
weights = {}
for name, shape in case["shapes"]:
    size = int(np.prod(shape))
    weights[name], data = data[:size].reshape(shape), data[size:]


def of(name, *parts):
    return [weights[f"{name}/{part}"] for part in parts]


kind = body["kind"]
ids = layers.Input((None,), dtype="int32")
table = weights["embedding/table"]
x = layers.Embedding(*table.shape, mask_zero=kind != "cnn", weights=[table])(ids)
recurrent = ("kernel", "recurrent_kernel", "bias")
if kind == "cnn":
    parts = []
    for width in body["widths"]:
        convolution = layers.Conv1D(body["filters"], width, activation="relu")
        parts.append(layers.GlobalMaxPooling1D()(convolution(x)))
        convolution.set_weights(of(f"conv_{width}", "kernel", "bias"))
    x = layers.Concatenate()(parts)
else:
    make = layers.GRU if kind == "gru" else layers.LSTM
    layer = make(body["units"], return_sequences=body["pooling"] == "mean")
    if kind == "bilstm":
        layer = layers.Bidirectional(layer)
    x = layer(x)
    names = ["bilstm/forward", "bilstm/backward"] if kind == "bilstm" else [kind]
    layer.set_weights([weight for name in names for weight in of(name, *recurrent)])
    if body["pooling"] == "mean":
        x = layers.GlobalAveragePooling1D()(x)
head = layers.Dense(weights["head/bias"].size, activation="softmax")
model = keras.Model(ids, head(x))
head.set_weights(of("head", "kernel", "bias"))
rows = [model(np.array([sentence], dtype="int32")).numpy()[0].tolist() for sentence in case["sentences"]]
print(json.dumps(rows))
