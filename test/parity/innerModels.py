"""Saves models with models inside them with Keras 3 and Keras 2, or predicts with files, as JSON says."""

import json
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
from frameworks import frameworks, random_weights  # noqa: E402


def text(layers, name, length=None):
    return layers.Input((length,), dtype="int32", name=name)


def encoder(k, mask):
    """A text's vector, of a model of its own."""
    tokens = text(k.layers, "tokens")
    x = k.layers.Embedding(12, 6, mask_zero=mask, name="words")(tokens)
    x = k.layers.LSTM(6, return_sequences=True)(x)
    return k.Model(tokens, k.layers.GlobalAveragePooling1D()(x), name="encoder")


def siamese(k, mask):
    """One encoder for two texts, which is called twice."""
    left, right = text(k.layers, "left", 4), text(k.layers, "right", 5)
    a, b = [encoder(k, mask)] * 2
    a, b = a(left), b(right)
    return [left, right], k.layers.Concatenate()([a, b, k.layers.Multiply()([a, b])])


def deep(k, mask):
    """A model inside of a model inside of the model, and a layer that is called as one inside is."""
    tokens = text(k.layers, "ids", 9)
    shape = k.layers.Input((6,))
    top = k.Model(shape, k.layers.Dense(4, activation="tanh", name="dense")(shape), name="top")
    outer = text(k.layers, "outer")
    whole = k.Model(outer, top(encoder(k, mask)(outer)), name="whole")
    return [tokens], k.layers.Dense(5, activation="relu", name="dense")(whole(tokens))


def stacks(k, mask):
    """Sequentials inside, of a sequence of vectors and of one, the first of them called on two sequences."""
    layers = k.layers
    tokens = text(layers, "ids", 9)
    x = layers.Embedding(12, 6, mask_zero=mask)(tokens)
    steps = [layers.Input((9, 6)), layers.Conv1D(6, 3, padding="same", activation="relu"), layers.LayerNormalization()]
    block = k.Sequential(steps, name="block")
    y = layers.GlobalMaxPooling1D()(block(block(x)))
    rest = [layers.Dense(5, activation="relu"), layers.Dropout(0.2), layers.BatchNormalization()]
    return [tokens], k.Sequential(rest, name="rest")(y)


def two_inputs(k, mask):
    """A model inside that takes two."""
    layers = k.layers
    left, right = text(layers, "left", 4), text(layers, "right", 5)
    table = layers.Embedding(12, 6, mask_zero=mask)
    a = layers.GRU(4, reset_after=False)(table(left))
    b = layers.Bidirectional(layers.LSTM(2))(table(right))
    p, q = layers.Input((4,)), layers.Input((4,))
    both = k.Model([p, q], layers.Add()([layers.Dense(3)(q), layers.Dense(3, use_bias=False)(p)]), name="both")
    return [left, right], layers.Concatenate()([both([a, b]), both([b, a])])


def words_alone(k, mask):
    """The mask of an embedding inside is taken outside."""
    layers = k.layers
    tokens, ids = text(layers, "tokens"), text(layers, "ids", 9)
    x = layers.Embedding(12, 6, mask_zero=mask)(tokens)
    vectors = k.Model(tokens, layers.Dense(5, activation="tanh")(x), name="vectors")(ids)
    return [ids], layers.Concatenate()([layers.LSTM(4)(vectors), layers.GlobalAveragePooling1D()(vectors)])


def merged(k, mask):
    """Keras 3 gives the side of a model inside no mask here."""
    layers = k.layers
    tokens, ids = text(layers, "tokens"), text(layers, "ids", 9)
    inner = k.Model(tokens, layers.Embedding(12, 6, mask_zero=mask)(tokens), name="vectors")
    both = [inner(ids), layers.Embedding(12, 6, mask_zero=mask)(ids)]
    return [ids], layers.GlobalAveragePooling1D()(layers.Concatenate()(both))


def whole_first(k, mask):
    """A Sequential that begins with a model."""
    return k.Sequential([encoder(k, mask), k.layers.Dense(4, activation="relu")])


bodies = [siamese, deep, stacks, two_inputs, words_alone, merged, whole_first]


def outputs(model):
    texts = [ids[:, :4], ids[:, 4:]] if len(model.inputs) > 1 else packed
    return np.array(model(texts)).tolist()


def save(folder):
    saved = []
    for name, framework in frameworks.items():
        for body in bodies:
            for mask in (True, False):
                framework.backend.clear_session()
                made = body(framework, mask)
                head = framework.layers.Dense(3, activation="softmax", name="classes")
                if isinstance(made, tuple):
                    model = framework.Model(made[0], head(made[1]))
                else:
                    made.add(head)
                    model = made
                random_weights(model)
                for format in ("keras", "h5"):
                    path = Path(folder) / f"{body.__name__}-{'masked' if mask else 'plain'}-{name}.{format}"
                    model.save(path)
                    saved.append({"path": str(path), "outputs": outputs(model)})
    return saved


def predict(paths):
    load = {name: framework.models.load_model for name, framework in frameworks.items()}
    return [{name: outputs(load_model(path)) for name, load_model in load.items()} for path in paths]


request = json.load(sys.stdin)
ids, packed = [np.array(request[name], dtype="int32") for name in ("ids", "packed")]
print(json.dumps(save(request["save"]) if "save" in request else predict(request["predict"])))
