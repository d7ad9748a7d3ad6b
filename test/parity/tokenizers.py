"""The rows that Keras's Tokenizer and TextVectorization give to texts. Reads and prints JSON."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
from keras.src.legacy.preprocessing.text import Tokenizer

given = json.load(sys.stdin)
corpus, texts, length = given["corpus"], given["texts"], given["length"]
answer = {"tokenizers": [], "layers": []}
for options in given["tokenizers"]:
    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(corpus)
    rows = keras.utils.pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=length)
    answer["tokenizers"].append({"json": tokenizer.to_json(), "rows": rows.tolist()})
for options in given["layers"]:
    layer = keras.layers.TextVectorization(output_sequence_length=length, **options)
    layer.adapt(corpus)
    answer["layers"].append(
        {
            "config": layer.get_config(),
            "vocabulary": layer.get_vocabulary(),
            "rows": layer(texts).numpy().tolist(),
        }
    )
print(json.dumps(answer))
