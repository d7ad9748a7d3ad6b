"""Trains with Keras on TensorFlow, by `fit`."""

import os
import time
from functools import cache

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import tensorflow as tf

import data

tf.config.threading.set_intra_op_parallelism_threads(int(os.environ["BENCH_THREADS"]))
tf.config.threading.set_inter_op_parallelism_threads(int(os.environ["BENCH_THREADS"]))
sentences = cache(data.Sentences)


def build(model, folder):
    table = data.table(folder)
    rows, dimension = table.shape
    embedding = keras.layers.Embedding(
        rows, dimension, mask_zero=True, embeddings_initializer=keras.initializers.Constant(table)
    )
    layers = [keras.Input((None,), dtype="int32"), embedding]
    if model == "lstm":
        layers.append(keras.layers.LSTM(128, return_sequences=True))
    layers.append(keras.layers.GlobalAveragePooling1D())
    if model == "dan":
        layers += [keras.layers.Dense(100, "relu"), keras.layers.Dense(100, "relu")]
    network = keras.Sequential([*layers, keras.layers.Dense(2)])
    network.compile(
        keras.optimizers.Adam(1e-3, epsilon=1e-7),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # Every batch has a length of its own, for each of which XLA would compile anew.
        jit_compile=False,
    )
    return network


@cache
def training(model, folder, buckets):
    train = sentences(folder, "train")
    random = np.random.default_rng(1)

    def batches():
        for order in train.orders(random, buckets):
            ids, _, labels = train.batch(order)
            yield ids.astype(np.int32), labels

    shapes = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int64))
    dataset = tf.data.Dataset.from_generator(batches, output_signature=shapes).prefetch(2)
    return build(model, folder), dataset, len(train.orders(random, buckets))


def epoch(model, folder, buckets=False, steps=None):
    """Seconds of an epoch; with `steps` those of so many steps, made an epoch's by their number."""
    network, dataset, count = training(model, folder, buckets)
    started = time.perf_counter()
    network.fit(dataset if steps is None else dataset.take(steps), epochs=1, verbose=0)
    return {"seconds": (time.perf_counter() - started) * count / (steps or count)}


tasks = {"epoch": epoch}
