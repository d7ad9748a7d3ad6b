"""Saves models of several inputs, tables and calls with Keras 3 and Keras 2, or predicts with files, as JSON says."""

import json
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
from frameworks import frameworks, random_weights, same_weights  # noqa: E402


def words(layers, mask, width=6, rows=12, **rest):
    return layers.Embedding(rows, width, mask_zero=mask, **rest)


def text(layers, name, length=None):
    return layers.Input((length,), dtype="int32", name=name)


def own_tables(layers, mask):
    """The second text has the larger table, and an embedding is called as the first one's node is."""
    title, body = text(layers, "title", 4), text(layers, "body")
    a = layers.GlobalAveragePooling1D()(words(layers, mask, 5, 13, name="embedding")(title))
    b = layers.LSTM(4)(layers.Dropout(0.3)(words(layers, mask, 7, name="body_words")(body)))
    return [title, body], layers.Dense(5, activation="tanh")(layers.Concatenate()([a, b]))


def shared_table(layers, mask):
    question, answer = text(layers, "question", 4), text(layers, "answer", 5)
    table = words(layers, mask)
    a = layers.GRU(4, reset_after=False)(table(question))
    y = layers.Conv1D(3, 2, activation="relu")(table(answer))
    c = layers.GlobalAveragePooling1D()(table(answer))
    return [question, answer], layers.Concatenate()([a, layers.GlobalMaxPooling1D()(y), layers.Flatten()(y), c])


def two_channels(layers, mask):
    """The multichannel TextCNN of Kim (2014)."""
    tokens = text(layers, "tokens", 9)
    channels = [words(layers, mask, name=name)(tokens) for name in ("static", "moved")]
    parts = []
    for width in (2, 3):
        convolution = layers.Conv1D(4, width)
        both = layers.Add()([convolution(channel) for channel in channels])
        parts.append(layers.GlobalMaxPooling1D()(layers.Activation("relu")(both)))
    x = layers.Average()(channels)
    return [tokens], layers.Concatenate()([*parts, layers.GlobalAveragePooling1D()(x)])


def siamese(layers, mask):
    left, right = text(layers, "left", 4), text(layers, "right", 5)
    table, encoder = words(layers, mask), layers.LSTM(4, name="encoder")
    dense, norm = layers.Dense(4, activation="tanh"), layers.BatchNormalization()
    a, b = [norm(encoder(dense(table(side)))) for side in (left, right)]
    return [left, right], layers.Concatenate()([a, b, layers.Multiply()([a, b])])


def factors(layers, mask):
    """Two tables, each with a factor, one of them for two texts."""
    a, b = text(layers, "a", 4), text(layers, "b", 5)
    shared, factor = words(layers, mask, 3), layers.Dense(6, use_bias=False, name="shared_factor")
    other = layers.Dense(4, use_bias=False)(words(layers, mask, 2)(b))
    x, y = [layers.GlobalAveragePooling1D()(factor(shared(side))) for side in (a, b)]
    z = layers.Bidirectional(layers.LSTM(2))(other)
    return [b, a], layers.Concatenate()([x, y, z])


bodies = {
    "own-tables": own_tables,
    "shared-table": shared_table,
    "two-channels": two_channels,
    "siamese": siamese,
    "factors": factors,
}
heads = [("softmax", 3), ("sigmoid", 1), (None, 4)]


def split(model):
    """The texts of the sentences, one behind the other in each row of ids, for the model's inputs."""
    lengths = [tensor.shape[1] for tensor in model.inputs]
    known = sum(length or 0 for length in lengths)
    lengths = [length or ids.shape[1] - known for length in lengths]
    ends = np.cumsum(lengths)
    texts = [ids[:, end - length : end] for length, end in zip(lengths, ends)]
    return texts if len(texts) > 1 else texts[0]


def outputs(model):
    return np.array(model(split(model))).tolist()


def save(folder):
    saved = []
    for name, framework in frameworks.items():
        for i, (kind, body) in enumerate(bodies.items()):
            for mask in (True, False):
                framework.backend.clear_session()
                layers = framework.layers
                inputs, x = body(layers, mask)
                activation, units = heads[i % len(heads)]
                model = framework.Model(inputs, layers.Dense(units, activation=activation, name="classes")(x))
                random_weights(model)
                for format in ("keras", "h5"):
                    path = Path(folder) / f"{kind}-{'masked' if mask else 'plain'}-{name}.{format}"
                    model.save(path)
                    np.savez(f"{path}.npz", *[np.array(weight) for weight in model.weights])
                    saved.append({"path": str(path), "kind": kind, "outputs": outputs(model), **named(model)})
    return saved


def named(model):
    inputs = [tensor.name.split(":")[0] for tensor in model.inputs]
    return {"layers": [layer.name for layer in model.layers], "inputs": inputs}


def predict(path, saved=None):
    answers = {}
    for name, framework in frameworks.items():
        model = framework.models.load_model(path, compile=False)
        same = saved is None or same_weights(saved, model)
        answers[name] = {"outputs": outputs(model), "same": same, **named(model)}
    return answers


request = json.load(sys.stdin)
ids = np.array(request["ids"], dtype="int32")
if "save" in request:
    answer = save(request["save"])
else:
    answer = [predict(**one) for one in request["predict"]]
print(json.dumps(answer))
