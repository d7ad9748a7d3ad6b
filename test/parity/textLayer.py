"""Saves models that begin with a TextVectorization, or predicts with files. Reads a request as JSON, prints the answer as JSON."""

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
import tensorflow as tf
import tf_keras

tf_keras.utils.disable_interactive_logging()
frameworks = {"keras": keras, "tf_keras": tf_keras}
request = json.load(sys.stdin)
texts = request["texts"]
TABLE = 30


def average(layers):
    return [layers.GlobalAveragePooling1D(), layers.Dense(5, activation="relu")]


def recurrent(layers):
    return [layers.Bidirectional(layers.LSTM(4))]


def convolution(layers):
    return [layers.Conv1D(5, 3, activation="relu"), layers.GlobalMaxPooling1D()]


def build(framework, body, adapted, functional, mask=True, **options):
    layers = framework.layers
    if adapted:
        text = layers.TextVectorization(max_tokens=TABLE, **options)
        text.adapt(request["corpus"])
    else:
        text = layers.TextVectorization(vocabulary=request["vocabulary"], **options)
    stack = [text, layers.Embedding(TABLE, 6, mask_zero=mask), *body(layers), layers.Dense(3, activation="softmax")]
    if not functional:
        return framework.Sequential([layers.Input((1,), dtype="string"), *stack])
    x = given = layers.Input((), dtype="string", name="text")
    for layer in stack:
        x = layer(x)
    return framework.Model(given, x)


def layer_of(model):
    return next(layer for layer in model.layers if type(layer).__name__ == "TextVectorization")


def described(model):
    layer = layer_of(model)
    config = layer.get_config()
    for field in ("dtype", "batch_input_shape", "vocabulary"):
        config.pop(field, None)
    return {"config": config, "words": layer.get_vocabulary()}


def predict(model):
    given = texts if len(model.input_shape) == 1 else [[text] for text in texts]
    return np.asarray(model(tf.constant(given))).tolist()


def save(folder):
    saved = []
    cases = [
        ("dan", average, {"output_sequence_length": 8}),
        ("bilstm", recurrent, {"standardize": "lower"}),
        ("cnn", convolution, {"output_sequence_length": 7, "mask": False}),
    ]
    for name, framework in frameworks.items():
        for kind, body, options in cases:
            for adapted in (True, False):
                for functional in (True, False):
                    framework.utils.set_random_seed(7)
                    model = build(framework, body, adapted, functional, **options)
                    # An .h5 file has no place for adapted words, and Keras 3 does not load functional ones with masks.
                    for format in ["keras"] if adapted else ["keras", "h5"]:
                        here = Path(folder, f"{name}-{kind}-{adapted}-{functional}-{format}")
                        here.mkdir()
                        path = here / f"model.{format}"
                        model.save(path)
                        saved.append({"path": str(path), "outputs": predict(model), "layer": described(model)})
    return saved


def load(path):
    answer = {}
    for name, framework in frameworks.items():
        model = framework.models.load_model(path, compile=False)
        answer[name] = {"outputs": predict(model), "layer": described(model)}
    return answer


print("\n" + json.dumps(save(request["folder"]) if "folder" in request else [load(path) for path in request["paths"]]))
