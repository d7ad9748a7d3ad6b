"""Saves random text classifiers, each made of its seed, with Keras 3 or Keras 2, or predicts with files, as JSON says."""

import json
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
from frameworks import frameworks, same_weights  # noqa: E402

functions = ["linear", "relu", "tanh", "sigmoid", "elu", "gelu", "swish", "selu", "softplus", "softsign", "softmax"]
functions += ["hard_sigmoid", "relu6", "leaky_relu"]
heads = [("softmax", 3), ("softmax", 2), ("sigmoid", 1), ("sigmoid", 4), (None, 3), ("softmax apart", 3)]
heads += [("sigmoid apart", 1), (None, 1)]
odd_names = ["embedding", "ids", "head", "words_0_factor", "average", "table.1", "B"]


class Signal:
    """What a layer hands on: `steps` None of one vector a sentence, "any" where the batch decides."""

    def __init__(self, tensor, steps):
        self.tensor, self.steps, self.width = tensor, steps, tensor.shape[-1]
        self.taken = False


class Maker:
    def __init__(self, framework, seed):
        self.k, self.layers = framework, framework.layers
        self.generator = np.random.default_rng(seed)
        self.signals = []
        self.shared = []
        self.masked = False
        self.free_names = list(odd_names)
        self.inner = 0

    def number(self, low, high):
        return int(self.generator.integers(low, high + 1))

    def chance(self, share):
        return bool(self.generator.random() < share)

    def choose(self, *values):
        return values[self.number(0, len(values) - 1)]

    def name(self):
        if not self.free_names or not self.chance(0.06):
            return {}
        return {"name": self.free_names.pop(self.number(0, len(self.free_names) - 1))}

    def function(self, usual="linear"):
        return self.choose(*functions) if self.chance(0.4) else usual

    def call(self, layer, *signals, steps="same"):
        tensors = [signal.tensor for signal in signals]
        for signal in signals:
            signal.taken = True
        output = layer(tensors if len(tensors) > 1 else tensors[0])
        made = Signal(output, signals[0].steps if steps == "same" else steps)
        self.signals.append(made)
        return made

    # Layers of a sequence.

    def recurrent(self, sequences=None):
        kind = self.choose("LSTM", "GRU", "SimpleRNN")
        config = {"return_sequences": self.chance(0.6) if sequences is None else sequences}
        config["use_bias"] = self.chance(0.8)
        config["activation"] = self.function("tanh")
        if kind != "SimpleRNN" and self.chance(0.3):
            config["recurrent_activation"] = self.choose("sigmoid", "hard_sigmoid", "tanh", "relu")
        if kind == "GRU":
            config["reset_after"] = self.chance(0.5)
        config["go_backwards"] = self.chance(0.25)
        if self.chance(0.2):
            config["dropout"] = 0.2
        make = getattr(self.layers, kind)
        if self.chance(0.45):
            mode = self.choose("concat", "sum", "mul", "ave")
            rest = {}
            units = self.units
            if self.chance(0.15):
                rest["backward_layer"] = make(units, **{**config, "go_backwards": not config["go_backwards"]})
            else:
                config["go_backwards"] = False
            return self.layers.Bidirectional(make(units, **config), merge_mode=mode, **rest, **self.name()), config
        return make(self.units, **config, **self.name()), config

    @property
    def units(self):
        # One of few, so that outputs fit together.
        return self.choose(3, 4, 4, 5)

    def add_recurrent(self, x):
        layer, config = self.recurrent()
        steps = x.steps if config["return_sequences"] else None
        if steps is not None or not config["return_sequences"]:
            self.shared.append((layer, x.width, steps is None))
        return self.call(layer, x, steps=steps)

    def add_convolution(self, x):
        size, stride, dilation = self.number(1, 4), 1, 1
        if self.chance(0.3):
            stride = self.number(2, 3)
        elif self.chance(0.3):
            dilation = self.number(2, 3)
        padding = self.choose("valid", "same", "causal")
        span = (size - 1) * dilation + 1
        if padding == "valid" and (x.steps == "any" or x.steps < span):
            padding = "same"
        layer = self.layers.Conv1D(
            self.units,
            size,
            strides=stride,
            dilation_rate=dilation,
            padding=padding,
            activation=self.function("relu"),
            use_bias=self.chance(0.8),
            **self.name(),
        )
        return self.windows(layer, x)

    def add_pool(self, x):
        size = self.number(1, 4)
        padding = self.choose("valid", "same")
        if padding == "valid" and (x.steps == "any" or x.steps < size):
            padding = "same"
        make = self.layers.MaxPooling1D if self.chance(0.7) else self.layers.AveragePooling1D
        strides = self.choose(None, 1, 2, 3)
        return self.windows(make(size, strides=strides, padding=padding, **self.name()), x)

    def windows(self, layer, x):
        made = self.call(layer, x)
        steps = made.tensor.shape[1]
        made.steps = "any" if steps is None else steps
        return made

    def add_distributed(self, x):
        if self.chance(0.4):
            inner = self.layers.Dense(self.units, activation=self.function(), use_bias=self.chance(0.7))
        else:
            # To a Softmax in it Keras hands a mask of another shape.
            functions_too = ["Softmax"] * (not self.masked)
            inner = self.choose(
                self.norm,
                lambda: self.function_layer(*functions_too),
                lambda: self.layers.Dropout(0.3),
            )()
        return self.call(self.layers.TimeDistributed(inner, **self.name()), x)

    def add_spatial_dropout(self, x):
        return self.call(self.layers.SpatialDropout1D(0.2, **self.name()), x)

    def add_residual(self, x):
        kind = self.choose("Dense", "Conv1D", "LSTM", "Bidirectional")
        if kind == "Dense":
            layer = self.layers.Dense(x.width, activation=self.function())
        elif kind == "Conv1D":
            layer = self.layers.Conv1D(x.width, 3, padding="same", activation=self.function("relu"))
        else:
            layer = self.layers.LSTM(x.width, return_sequences=True)
            if kind == "Bidirectional":
                layer = self.layers.Bidirectional(layer, merge_mode="sum")
        y = self.call(layer, x)
        merge = self.choose("Add", "Multiply", "Average", "Maximum", "Concatenate")
        inputs = [x, y] if self.chance(0.5) else [y, x]
        return self.call(getattr(self.layers, merge)(**self.name()), *inputs)

    # Layers of either.

    def add_dense(self, x):
        layer = self.layers.Dense(self.units, activation=self.function(), use_bias=self.chance(0.7), **self.name())
        if self.chance(0.3):
            self.shared.append((layer, x.width, None))
        return self.call(layer, x)

    def add_dropout(self, x):
        return self.call(self.layers.Dropout(0.3, **self.name()), x)

    def norm(self, **name):
        config = {"center": self.chance(0.8), "scale": self.chance(0.8), **name}
        if self.chance(0.5):
            return self.layers.LayerNormalization(epsilon=self.choose(1e-3, 1e-5), **config)
        return self.layers.BatchNormalization(epsilon=self.choose(1e-3, 1e-2), **config)

    def add_norm(self, x):
        layer = self.norm(**self.name())
        if self.chance(0.2):
            self.shared.append((layer, x.width, None))
        return self.call(layer, x)

    def function_layer(self, *more, **name):
        kind = self.choose("Activation", "Activation", "ReLU", "LeakyReLU", "ELU", *more)
        if kind == "Activation":
            return self.layers.Activation(self.choose(*functions), **name)
        if kind == "ReLU":
            config = self.choose({}, {"max_value": 1.5}, {"negative_slope": 0.1}, {"threshold": 0.2})
            return self.layers.ReLU(**config, **name)
        return getattr(self.layers, kind)(**name)

    def add_function(self, x):
        return self.call(self.function_layer("Softmax", **self.name()), x)

    def add_merge(self, x):
        others = [y for y in self.signals if y is not x and (y.steps is None) == (x.steps is None)]
        others = [y for y in others if y.steps == x.steps or x.steps is not None]
        side = [y for y in others if y.steps == x.steps]
        # The texts of two inputs may be of one length and yet be two.
        same = [y for y in side if y.width == x.width]
        in_time = [y for y in others if y.width == x.width]
        options = (["same"] * bool(same)) + (["side"] * bool(side))
        options += ["time"] * bool(in_time and x.steps is not None)
        if not options:
            return self.add_dense(x)
        option = self.choose(*options)
        if option == "same":
            merge = self.choose("Add", "Multiply", "Average", "Maximum")
            return self.call(getattr(self.layers, merge)(**self.name()), x, self.choose(*same))
        if option == "side":
            axis = self.choose(-1, 1 if x.steps is None else 2)
            return self.call(self.layers.Concatenate(axis=axis, **self.name()), x, self.choose(*side))
        y = self.choose(*in_time)
        known = isinstance(x.steps, int) and isinstance(y.steps, int)
        steps = x.steps + y.steps if known else "any"
        return self.call(self.layers.Concatenate(axis=self.choose(1, -2)), x, y, steps=steps)

    def add_again(self, x):
        fitting = [layer for layer, width, last in self.shared if width == x.width and (last is None or x.steps is not None)]
        if not fitting:
            return self.add_dense(x)
        layer = self.choose(*fitting)
        last = next(last for other, _, last in self.shared if other is layer)
        return self.call(layer, x, steps=None if last else "same")

    def add_nested(self, x):
        """A model inside, of what goes on as it comes: a stack, or branches."""
        self.inner += 1
        name, shape, units = f"inner_{self.inner}", x.tensor.shape[1:], self.units
        start = self.layers.Input(shape)
        if self.chance(0.5):
            stack = [start, self.layers.Dense(units, activation="relu"), self.layers.Dropout(0.1)]
            if x.steps is not None and self.chance(0.5):
                stack.append(self.layers.Conv1D(units, 3, padding="same"))
            inner = self.k.Sequential(stack, name=name)
        else:
            dense = self.layers.Dense(x.width, activation="tanh")
            y = self.layers.Add()([dense(dense(start)), start])
            if x.steps is not None and self.chance(0.5):
                y = self.layers.LSTM(units, return_sequences=True)(y)
            inner = self.k.Model(start, self.layers.Dense(units)(y), name=name)
        self.shared.append((inner, x.width, None))
        return self.call(inner, x)

    def add_end(self, x):
        """One vector of a sequence."""
        kinds = ["average", "maximum", "recurrent"] + ["flatten"] * (x.steps != "any")
        kind = self.choose(*kinds)
        if kind == "average":
            return self.call(self.layers.GlobalAveragePooling1D(**self.name()), x, steps=None)
        if kind == "maximum":
            return self.call(self.layers.GlobalMaxPooling1D(**self.name()), x, steps=None)
        if kind == "flatten":
            return self.call(self.layers.Flatten(**self.name()), x, steps=None)
        return self.call(self.recurrent(False)[0], x, steps=None)

    def step(self, x, chain):
        either = [self.add_dense, self.add_dropout, self.add_norm, self.add_function]
        if not chain:
            either += [self.add_merge, self.add_merge, self.add_again]
        if self.chance(0.04):
            return self.add_nested(x)
        if x.steps is None:
            return self.choose(*either)(x)
        sequence = [self.add_recurrent, self.add_recurrent, self.add_convolution, self.add_convolution, self.add_pool]
        sequence += [self.add_distributed, self.add_spatial_dropout, self.add_end]
        if not chain:
            sequence += [self.add_residual]
        return self.choose(*either, *sequence)(x)

    def make(self):
        texts = self.choose(1, 1, 1, 1, 2, 2, 3)
        lengths = [self.choose("any", 5, 6, 9) for _ in range(texts)]
        chain = texts == 1 and self.chance(0.4)
        inputs = []
        for i, length in enumerate(lengths):
            shape = (None if length == "any" else length,)
            # Keras's own default is float32.
            dtype = {"dtype": "int32"} if self.chance(0.7) else {}
            inputs.append(self.layers.Input(shape, name=f"text_{i}", **dtype))
        tables = []
        for i, (tensor, length) in enumerate(zip(inputs, lengths)):
            for _ in range(1 if chain else self.choose(1, 1, 1, 2)):
                if not tables or self.chance(0.6):
                    rows, mask = self.number(10, 14), self.chance(0.55)
                    self.masked = self.masked or mask
                    tables.append(self.layers.Embedding(rows, self.choose(4, 4, 5), mask_zero=mask, name=f"words_{len(tables)}"))
                self.signals.append(Signal(self.choose(*tables)(tensor), length))
        if self.chance(0.1):
            # As a factor is.
            for x in list(self.signals):
                self.call(self.layers.Dense(self.choose(4, 6), use_bias=False), x)
        for _ in range(self.number(0, 6)):
            x = self.signals[-1] if chain else self.choose(*self.signals)
            self.step(x, chain)
        loose = [x for x in self.signals if not x.taken]
        ends = [x if x.steps is None else self.add_end(x) for x in loose]
        x = ends[0]
        if len(ends) > 1:
            x = self.call(self.layers.Concatenate(), *ends)
        if self.chance(0.3):
            x = self.add_dense(x)
        if self.chance(0.2):
            x = self.add_dropout(x)
        activation, units = self.choose(*heads)
        apart = activation is not None and activation.endswith(" apart")
        if apart:
            y = self.layers.Dense(units, use_bias=self.chance(0.8))(x.tensor)
            kind = activation.split()[0]
            is_layer = kind == "softmax" and self.chance(0.5)
            y = (self.layers.Softmax() if is_layer else self.layers.Activation(kind))(y)
        else:
            y = self.layers.Dense(units, activation=activation, use_bias=self.chance(0.8))(x.tensor)
        model = self.k.Model(inputs if texts > 1 else inputs[0], y)
        if chain and all(len(layer._inbound_nodes) <= 1 for layer in model.layers):
            model = self.k.Sequential(model.layers)
        for weight in model.weights:
            values = self.generator.normal(size=weight.shape) * 0.5
            name = getattr(weight, "path", weight.name)
            weight.assign(np.abs(values) + 0.1 if "variance" in name else values)
        return model, lengths

    def texts(self, model, lengths):
        """
        Batches of sentences, the texts of each side by side: of different lengths, padded, and padding alone but where
        Keras takes a mean of no token, which is NaN.
        """
        masked = any(getattr(layer, "mask_zero", False) for layer in model.layers)
        averages = any(type(layer).__name__ == "GlobalAveragePooling1D" for layer in model.layers)
        batches = []
        for free in (8, 3, 1):
            sizes = [free if length == "any" else length for length in lengths]
            rows = []
            for _ in range(4):
                row = []
                for size in sizes:
                    tokens = self.number(1, size)
                    row += self.generator.integers(1, 10, tokens).tolist() + [0] * (size - tokens)
                rows.append(row)
            if not (masked and averages):
                rows.append([0] * sum(sizes))
            batches.append(rows)
            if "any" not in lengths:
                break
        return batches


def split(rows, lengths):
    known = sum(length for length in lengths if length != "any")
    free = lengths.count("any")
    each = (len(rows[0]) - known) // free if free else 0
    sizes = [each if length == "any" else length for length in lengths]
    ends = np.cumsum(sizes)
    ids = np.array(rows, dtype="int32")
    parts = [ids[:, end - size : end] for end, size in zip(ends, sizes)]
    return parts if len(parts) > 1 else parts[0]


def outputs(model, batches, lengths):
    return [np.array(model(split(rows, lengths))).tolist() for rows in batches]


def save(folder, seeds):
    saved = []
    for seed in seeds:
        name = ("keras", "tf_keras")[seed % 2]
        framework = frameworks[name]
        format = ("keras", "h5")[seed // 2 % 2]
        framework.backend.clear_session()
        maker = Maker(framework, seed)
        try:
            model, lengths = maker.make()
            batches = maker.texts(model, lengths)
            found = outputs(model, batches, lengths)
            path = Path(folder) / f"{seed}-{name}.{format}"
            model.save(path)
            np.savez(f"{path}.npz", *[np.array(weight) for weight in model.weights])
        except Exception as error:
            saved.append({"seed": seed, "fault": f"{type(error).__name__}: {error}"[:300]})
            continue
        layers = [f"{type(layer).__name__} {layer.name}" for layer in model.layers]
        answer = {"seed": seed, "path": str(path), "framework": name, "lengths": lengths, "ids": batches}
        saved.append({**answer, "outputs": found, "layers": layers})
    return saved


def predict(path, framework, ids, lengths, saved=None):
    frameworks[framework].backend.clear_session()
    try:
        model = frameworks[framework].models.load_model(path, compile=False)
        found = outputs(model, ids, lengths)
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"[:2000]}
    return {"outputs": found, "same": saved is None or same_weights(saved, model)}


request = json.load(sys.stdin)
if "save" in request:
    answer = save(request["save"], request["seeds"])
else:
    answer = [predict(**one) for one in request["predict"]]
print(json.dumps(answer))
