"""Saves models of many topologies with Keras 3 and Keras 2, or predicts with files. A request comes and goes as JSON."""

import json
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
from frameworks import frameworks, random_weights, same_weights  # noqa: E402
length = 9


def branches(layers, x):
    a = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(x)
    b = layers.GRU(4, return_sequences=True, reset_after=False)(x)
    x = layers.LayerNormalization()(layers.Concatenate()([a, b]))
    return layers.GlobalAveragePooling1D()(x)


def deep_average(layers, x):
    x = layers.Dense(7, activation="tanh", name="per_token")(x)
    x = layers.BatchNormalization()(layers.SpatialDropout1D(0.3)(x))
    x = layers.GlobalAveragePooling1D()(x)
    return layers.LeakyReLU()(layers.Dense(5)(x))


def stacked_lstms(layers, x):
    x = layers.LSTM(5, return_sequences=True)(layers.Dropout(0.2)(x))
    x = layers.LSTM(4, return_sequences=True, go_backwards=False)(x)
    return layers.LSTM(3, use_bias=False)(x)


def gru_both_ways(layers, x):
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="sum")(x)
    return layers.Bidirectional(layers.GRU(3, reset_after=False), merge_mode="ave")(x)


def simple_recurrence(layers, x):
    x = layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True), merge_mode="mul")(x)
    return layers.Dense(6, activation="gelu")(layers.SimpleRNN(5, activation="relu", go_backwards=True)(x))


def flattened(layers, x):
    x = layers.Conv1D(6, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling1D(2)(x)
    return layers.Flatten()(layers.Conv1D(4, 2, strides=2)(x))


def convolutions(layers, x):
    x = layers.Conv1D(5, 3, dilation_rate=2, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(scale=False)(x))
    x = layers.AveragePooling1D(3, strides=2, padding="same")(x)
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    return layers.Dense(5, activation="elu")(x)


def causal(layers, x):
    x = layers.Conv1D(6, 3, padding="causal", activation="relu")(x)
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=2)(x)
    return layers.GRU(4)(x)


def text_cnn_of_depth(layers, x):
    parts = [layers.Conv1D(4, width, activation="relu", padding="same")(x) for width in (2, 3, 5)]
    x = layers.Concatenate()(parts)
    return layers.GlobalMaxPooling1D()(layers.Dropout(0.1)(x))


def residual(layers, x):
    y = layers.Dense(6, activation="relu")(x)
    x = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, y]))
    gate = layers.Dense(6, activation="sigmoid")(x)
    x = layers.Multiply()([x, gate])
    return layers.GlobalAveragePooling1D()(x)


def merged(layers, x):
    a = layers.GlobalAveragePooling1D()(x)
    b = layers.GlobalMaxPooling1D()(x)
    c = layers.LSTM(6)(x)
    x = layers.Average()([layers.Maximum()([a, b]), layers.Multiply()([b, c])])
    return layers.BatchNormalization()(layers.Dense(5, activation="selu")(x))


def distributed(layers, x):
    x = layers.TimeDistributed(layers.BatchNormalization())(x)
    x = layers.TimeDistributed(layers.Dense(5, activation="relu"))(x)
    x = layers.TimeDistributed(layers.LayerNormalization(epsilon=1e-5, center=False))(x)
    x = layers.TimeDistributed(layers.LeakyReLU())(x)
    x = layers.TimeDistributed(layers.Dropout(0.2))(x)
    x = layers.Activation("softplus")(layers.LSTM(4, return_sequences=True)(x))
    return layers.GlobalAveragePooling1D()(x)


def hard_sigmoid(layers, x):
    return layers.LSTM(4, activation="softsign", recurrent_activation="hard_sigmoid")(x)


def factorized(layers, x):
    x = layers.Dense(8, use_bias=False, name="factor")(x)
    x = layers.GRU(4, return_sequences=True, reset_after=False)(x)
    return layers.GlobalMaxPooling1D()(x)


def in_time(layers, x):
    y = layers.Conv1D(6, 2, activation="tanh")(x)
    return layers.GlobalMaxPooling1D()(layers.Concatenate(axis=1)([x, y]))


bodies = {
    "branches": branches,
    "deep-average": deep_average,
    "stacked-lstms": stacked_lstms,
    "gru-both-ways": gru_both_ways,
    "simple-recurrence": simple_recurrence,
    "flattened": flattened,
    "convolutions": convolutions,
    "causal": causal,
    "text-cnn-of-depth": text_cnn_of_depth,
    "residual": residual,
    "merged": merged,
    "distributed": distributed,
    "hard-sigmoid": hard_sigmoid,
    "factorized": factorized,
    "in-time": in_time,
}
# Keras 2 cannot join a masked and an unmasked sequence in time.
never_masked = {"in-time"}
heads = [("softmax", 3), ("sigmoid", 1), (None, 4), ("apart", 3), ("sigmoid", 3)]


def build(framework, body, mask, head):
    layers = framework.layers
    tokens = layers.Input((length,), dtype="int32", name="tokens")
    x = body(layers, layers.Embedding(12, 6, mask_zero=mask, name="words")(tokens))
    activation, units = head
    if activation == "apart":
        return framework.Model(tokens, layers.Softmax(name="shares")(layers.Dense(units, name="classes")(x)))
    return framework.Model(tokens, layers.Dense(units, activation=activation, name="classes")(x))


def save(folder, ids):
    saved = []
    for name, framework in frameworks.items():
        for i, (kind, body) in enumerate(bodies.items()):
            for mask in (True, False)[kind in never_masked :]:
                framework.backend.clear_session()
                model = build(framework, body, mask, heads[i % len(heads)])
                random_weights(model)
                outputs = np.array(model(ids)).tolist()
                for format in ("keras", "h5"):
                    path = Path(folder) / f"{kind}-{'masked' if mask else 'plain'}-{name}.{format}"
                    model.save(path)
                    np.savez(f"{path}.npz", *[np.array(weight) for weight in model.weights])
                    layer_names = [layer.name for layer in model.layers]
                    saved.append({"path": str(path), "kind": kind, "outputs": outputs, "layers": layer_names})
    return saved


def predict(path, saved=None):
    answers = {}
    for name, framework in frameworks.items():
        model = framework.models.load_model(path, compile=False)
        answers[name] = {
            "outputs": np.array(model(ids)).tolist(),
            "layers": [layer.name for layer in model.layers],
            "same": saved is None or same_weights(saved, model),
        }
    return answers


request = json.load(sys.stdin)
ids = np.array(request["ids"], dtype="int32")
if "save" in request:
    answer = save(request["save"], ids)
else:
    answer = [predict(**one) for one in request["predict"]]
print(json.dumps(answer))
