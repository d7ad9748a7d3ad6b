"""Saves models with layers that are not computed here, or predicts with files. A request comes and goes as JSON."""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
warnings.filterwarnings("ignore")
import keras
import numpy as np
import tf_keras

tf_keras.utils.disable_interactive_logging()
keras.utils.disable_interactive_logging()
frameworks = {"keras": keras, "tf_keras": tf_keras}
length = 7
ids = np.array([[3, 4, 3, 7, 1, 9, 11], [2, 6, 8, 5, 0, 0, 0], [9, 11, 5, 1, 10, 0, 0]], dtype="int32")


def siamese(k):
    """A shared embedding, a model inside the model, and a second embedding."""
    layers = k.layers
    left = layers.Input((length,), dtype="int32", name="left")
    right = layers.Input((length,), dtype="int32", name="right")
    shared = layers.Embedding(12, 6, mask_zero=True, name="words")
    inner = [layers.Input((length, 6)), layers.Dense(4, activation="relu"), layers.LSTM(3)]
    inner = k.Sequential(inner, name="inner")
    x = layers.Subtract()([inner(shared(left)), inner(shared(right))])
    y = layers.Flatten()(layers.Embedding(20, 5, name="tags")(left))
    y = layers.Dense(4)(layers.Dropout(0.3)(y))
    return k.Model([left, right], layers.Dense(3, activation="softmax")(layers.Concatenate()([x, y])))


def attention(k):
    """A mask that other layers take, and Dense layers on both sides of the embedding's own."""
    layers = k.layers
    tokens = layers.Input((length,), dtype="int32", name="tokens")
    numbers = layers.Input((5,), name="numbers")
    x = layers.Embedding(12, 6, mask_zero=True, name="words")(tokens)
    a = layers.Dense(4)(x)
    b = layers.Dense(4)(layers.Dense(4)(x))
    x = layers.GlobalAveragePooling1D()(layers.Concatenate(name="side_by_side")([a, b]))
    y = layers.Attention()([a, b])
    y = layers.GlobalMaxPooling1D()(y)
    z = layers.Dense(4)(layers.Dense(4)(layers.Dense(4)(layers.Dense(4)(layers.Dense(4)(numbers)))))
    return k.Model([tokens, numbers], layers.Dense(2)(layers.Concatenate(name="all")([x, y, z])))


def sequential(k):
    layers = k.layers
    stack = [layers.Input((length,), dtype="int32"), layers.Embedding(12, 6, name="words")]
    stack += [layers.UnitNormalization(), layers.Dense(5), layers.GlobalMaxPooling1D(), layers.Dense(3)]
    return k.Sequential(stack)


def inside(k):
    layers = k.layers
    tokens = layers.Input((length,), dtype="int32")
    x = layers.Dense(4)(layers.Embedding(12, 6, name="words")(tokens))
    x = layers.Dense(4)(x)
    encoder = k.Model(tokens, layers.GlobalMaxPooling1D()(x), name="encoder")
    tokens = layers.Input((length,), dtype="int32")
    return k.Model(tokens, layers.Dense(3)(layers.Dense(4)(encoder(tokens))))


models = {"siamese": siamese, "attention": attention, "sequential": sequential, "inside": inside}


def inputs_of(kind):
    if kind == "siamese":
        return [ids, ids[::-1]]
    if kind == "attention":
        return [ids, np.linspace(-1, 1, 15, dtype="float32").reshape(3, 5)]
    return ids


def save(folder):
    saved = []
    for name, framework in frameworks.items():
        for kind, build in models.items():
            framework.backend.clear_session()
            framework.utils.set_random_seed(3)
            model = build(framework)
            for weight in model.weights:
                weight.assign(np.random.normal(size=weight.shape) * 0.6)
            if kind == "siamese":
                model.compile("adam", "mse")
                model.fit(inputs_of(kind), np.zeros((3, 3)), verbose=0)
            outputs = np.array(model(inputs_of(kind))).tolist()
            for format in ("keras", "h5"):
                path = Path(folder) / f"{kind}-{name}.{format}"
                model.save(path)
                np.savez(f"{path}.npz", *[np.array(weight) for weight in model.weights])
                saved.append({"path": str(path), "kind": kind, "framework": name, "outputs": outputs})
    return saved


def predict(path, kind, framework, saved):
    frameworks[framework].backend.clear_session()
    model = frameworks[framework].models.load_model(path)
    left = [np.array(weight) for weight in model.weights]
    lost = []
    for weight in np.load(f"{saved}.npz").values():
        found = next((i for i, value in enumerate(left) if np.array_equal(weight, value)), None)
        if found is None:
            lost.append(list(weight.shape))
        else:
            left.pop(found)
    new = [list(weight.shape) for weight in left]
    return {"outputs": np.array(model(inputs_of(kind))).tolist(), "lost": lost, "new": new}


request = json.load(sys.stdin)
if "save" in request:
    answer = save(request["save"])
else:
    answer = [predict(**one) for one in request["predict"]]
print(json.dumps(answer))
