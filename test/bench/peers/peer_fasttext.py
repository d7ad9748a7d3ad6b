"""fastText's supervised classifier, as it is and quantized."""

import os
import tempfile
import time

import fasttext


def supervised(folder, vectors=False, cutoff=None):
    """Seconds from the text to the model, its accuracy on the test sentences and the megabytes of its file."""
    started = time.perf_counter()
    model = fasttext.train_supervised(
        f"{folder}/fasttext.train",
        dim=100,
        epoch=25,
        wordNgrams=2,
        thread=int(os.environ["BENCH_THREADS"]),
        verbose=0,
        **({"pretrainedVectors": f"{folder}/fasttext.vec"} if vectors else {}),
    )
    if cutoff is not None:
        model.quantize(f"{folder}/fasttext.train", cutoff=cutoff, retrain=True, qnorm=True, verbose=0)
    seconds = time.perf_counter() - started
    _, accuracy, _ = model.test(f"{folder}/fasttext.test")
    with tempfile.TemporaryDirectory() as place:
        model.save_model(f"{place}/model")
        megabytes = os.path.getsize(f"{place}/model") / 1e6
    return {"seconds": seconds, "accuracy": accuracy, "megabytes": megabytes}


tasks = {"supervised": supervised}
