"""Saves models with Keras 3 and Keras 2, or predicts with files. Reads a request as JSON, prints the answer as JSON."""

import json
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
from frameworks import frameworks, same_weights  # noqa: E402


def sequential(*body, head=("softmax", 3), mask=True):
    def build(framework):
        layers = framework.layers
        stack = [layers.Input((None,), dtype="int32"), layers.Embedding(12, 6, mask_zero=mask)]
        stack += [make(layers) for make in body]
        activation, units = head
        return framework.Sequential([*stack, layers.Dense(units, activation=activation)])

    return build


def functional(body, mask=True, length=None):
    def build(framework):
        layers = framework.layers
        tokens = layers.Input((length,), dtype="int32", name="tokens")
        x = body(layers, layers.Embedding(12, 6, mask_zero=mask)(tokens))
        x = layers.Activation("softmax")(layers.Dense(4)(x))
        return framework.Model(tokens, x)

    return build


def average(layers):
    return layers.GlobalAveragePooling1D()


def text_cnn(*widths):
    def body(layers, x):
        parts = [layers.Conv1D(5, width, activation="relu")(x) for width in widths]
        parts = [layers.GlobalMaxPooling1D()(part) for part in parts]
        x = layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
        return layers.Dense(6, activation="relu")(layers.Dropout(0.5)(x))

    return body


def conv_activation(layers, x):
    x = layers.Activation("relu")(layers.Conv1D(4, 2)(layers.SpatialDropout1D(0.2)(x)))
    return layers.GlobalMaxPooling1D()(x)


def factorized_average(layers, x):
    return layers.GlobalAveragePooling1D()(layers.Dense(8, use_bias=False)(x))


def factorized_lstm(layers, x):
    return layers.LSTM(5)(layers.Dropout(0.1)(layers.Dense(8, use_bias=False)(x)))


def bilstm_mean(layers, x):
    return average(layers)(layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x))


def gru_mean(layers, x):
    return average(layers)(layers.GRU(5, return_sequences=True)(x))


def relu(layers):
    return layers.Dense(7, activation="relu")


models = {
    "dan": sequential(average, relu),
    "dan-unmasked": sequential(average, relu, head=("sigmoid", 1), mask=False),
    "dan-factorized": functional(factorized_average),
    "lstm-last": sequential(lambda layers: layers.LSTM(5), head=(None, 3)),
    "lstm-unmasked": sequential(lambda layers: layers.LSTM(5), mask=False),
    "lstm-mean": sequential(lambda layers: layers.LSTM(5, return_sequences=True), average, relu),
    "lstm-factorized": functional(factorized_lstm),
    "bilstm-last": sequential(lambda layers: layers.Bidirectional(layers.LSTM(4)), head=(None, 1)),
    "bilstm-mean": functional(bilstm_mean),
    "gru-last": sequential(lambda layers: layers.GRU(5), relu),
    "gru-mean": functional(gru_mean),
    "cnn": functional(text_cnn(3, 4, 2), mask=False, length=7),
    "cnn-masked-input": functional(text_cnn(2, 3), length=7),
    "cnn-one": functional(conv_activation, mask=False, length=7),
    "gru-reset-before": sequential(lambda layers: layers.GRU(5, reset_after=False)),
}


def save(folder, ids):
    saved = []
    for name, framework in frameworks.items():
        for kind, build in models.items():
            framework.utils.set_random_seed(3)
            model = build(framework)
            for weight in model.weights:
                weight.assign(np.random.normal(size=weight.shape))
            outputs = np.array(model(ids)).tolist()
            for format in ("keras", "h5"):
                path = Path(folder) / f"{kind}-{name}.{format}"
                model.save(path)
                np.savez(f"{path}.npz", *[np.array(weight) for weight in model.weights])
                saved.append({"path": str(path), "kind": kind, "outputs": outputs})
    return saved


def predict(path, saved=None):
    loaded = {name: framework.models.load_model(path, compile=False) for name, framework in frameworks.items()}
    return {
        "outputs": {name: np.array(model(ids)).tolist() for name, model in loaded.items()},
        "same": saved is None or all(same_weights(saved, model) for model in loaded.values()),
    }


request = json.load(sys.stdin)
ids = np.array(request["ids"], dtype="int32")
if "save" in request:
    answer = save(request["save"], ids)
else:
    answer = [predict(**one) for one in request["predict"]]
print(json.dumps(answer))
