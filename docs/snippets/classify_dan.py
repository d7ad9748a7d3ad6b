import json, numpy
from decode import decode
from words import words_of
settings, (spec, weights) = json.load(open("press.json", encoding="utf-8")), decode("model.safetensors")
rows = {word: row for row, word in enumerate(open("vocabulary.txt", encoding="utf-8", newline="\n").read().split("\n")[:-1])}
length, unknown = settings["text"]["maxLength"], rows.get(settings["text"]["outOfVocabularyToken"], 0)
ids = [rows.get(word, unknown) for word in words_of("A sentence to classify.")[:length]]
x = weights["embedding/A"][[row for row in ids if row > 0] or [unknown]].mean(0) @ weights["embedding/B"]
for layer in range(len(spec["body"]["hidden"])): x = numpy.maximum(x @ weights[f"hidden_{layer}/kernel"] + weights[f"hidden_{layer}/bias"], 0)
print(settings["labels"][(x @ weights["head/kernel"] + weights["head/bias"]).argmax()])
