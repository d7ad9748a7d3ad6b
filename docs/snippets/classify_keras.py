import json, keras, numpy
from words import words_of
settings = json.load(open("press.json", encoding="utf-8"))
rows = {word: row for row, word in enumerate(open("vocabulary.txt", encoding="utf-8", newline="\n").read().split("\n")[:-1])}
length, unknown = settings["text"]["maxLength"], rows.get(settings["text"]["outOfVocabularyToken"], 0)
ids = [rows.get(word, unknown) for word in words_of("A sentence to classify.")[:length]]
ids = [row for row in ids if row > 0] or [unknown]
scores = keras.models.load_model("model.keras")(numpy.array([ids + [0] * (length - len(ids))])).numpy()[0]
print(settings["labels"][int(scores.argmax() if len(scores) > 1 else scores[0] > 0.5)])
