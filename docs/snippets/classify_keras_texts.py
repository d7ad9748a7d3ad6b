import json, keras, numpy
from words import words_of
texts, settings = ["Text 1.", "Text 2."], json.load(open("press.json", encoding="utf-8"))
rows = {word: row for row, word in enumerate(open("vocabulary.txt", encoding="utf-8", newline="\n").read().split("\n")[:-1])}
model, unknown = keras.models.load_model("model.keras"), rows.get(settings["text"]["outOfVocabularyToken"], 0)
lengths = [input.shape[1] or settings["text"]["maxLength"] for input in model.inputs]
found = [[rows.get(word, unknown) for word in words_of(text)[:length]] for text, length in zip(texts, lengths)]
ids = [([row for row in text if row > 0] + [0] * length)[:length] for text, length in zip(found, lengths)]
scores = model([numpy.array([padded]) for padded in ids]).numpy()[0]
print(settings["labels"][int(scores.argmax() if len(scores) > 1 else scores[0] > 0.5)])
