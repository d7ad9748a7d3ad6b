/** The files of docs/snippets, by their names, as model cards show them; a test compares. Each has ten lines at most. */
export const snippets = {
  'words.py': String.raw`import re, unicodedata

def words_of(text):
    text = text.lower()
    mark, sign = (f"[\ud800{re.escape(''.join(c for c in text if unicodedata.category(c)[0] in kinds))}]" for kinds in ("M", "PS"))
    word = rf"[^\W_](?:[^\W_]|{mark})*"
    found = re.findall(rf"{word}(?:['’]{word})*|['’](?:s|re|ve|ll|d|m)(?![^\W_])|{sign}", text, re.IGNORECASE)
    parts = (re.sub(r"(?<=.)(n't|'(?:s|re|ve|ll|d|m))$", r" \1", token.replace("’", "'")) if len(token) > 1 else token for token in found)
    return [word for part in parts for word in part.split(" ")]
`,
  'classify_keras.py': String.raw`import json, keras, numpy
from words import words_of
settings = json.load(open("press.json", encoding="utf-8"))
rows = {word: row for row, word in enumerate(open("vocabulary.txt", encoding="utf-8", newline="\n").read().split("\n")[:-1])}
length, unknown = settings["text"]["maxLength"], rows.get(settings["text"]["outOfVocabularyToken"], 0)
ids = [rows.get(word, unknown) for word in words_of("A sentence to classify.")[:length]]
ids = [row for row in ids if row > 0] or [unknown]
scores = keras.models.load_model("model.keras")(numpy.array([ids + [0] * (length - len(ids))])).numpy()[0]
print(settings["labels"][int(scores.argmax() if len(scores) > 1 else scores[0] > 0.5)])
`,
  'classify_keras_texts.py': String.raw`import json, keras, numpy
from words import words_of
texts, settings = ["Text 1.", "Text 2."], json.load(open("press.json", encoding="utf-8"))
rows = {word: row for row, word in enumerate(open("vocabulary.txt", encoding="utf-8", newline="\n").read().split("\n")[:-1])}
model, unknown = keras.models.load_model("model.keras"), rows.get(settings["text"]["outOfVocabularyToken"], 0)
lengths = [input.shape[1] or settings["text"]["maxLength"] for input in model.inputs]
found = [[rows.get(word, unknown) for word in words_of(text)[:length]] for text, length in zip(texts, lengths)]
ids = [([row for row in text if row > 0] + [0] * length)[:length] for text, length in zip(found, lengths)]
scores = model([numpy.array([padded]) for padded in ids]).numpy()[0]
print(settings["labels"][int(scores.argmax() if len(scores) > 1 else scores[0] > 0.5)])
`,
  'classify_text.py': String.raw`import json, keras, tensorflow
model = keras.models.load_model("model.keras")
text = tensorflow.reshape(tensorflow.constant("A sentence to classify."), [1] * len(model.input_shape))
scores, labels = model(text).numpy()[0], json.load(open("press.json", encoding="utf-8"))["labels"]
print(labels[int(scores.argmax() if len(scores) > 1 else scores[0] > 0.5)])
`,
  'classify_dan.py': String.raw`import json, numpy
from decode import decode
from words import words_of
settings, (spec, weights) = json.load(open("press.json", encoding="utf-8")), decode("model.safetensors")
rows = {word: row for row, word in enumerate(open("vocabulary.txt", encoding="utf-8", newline="\n").read().split("\n")[:-1])}
length, unknown = settings["text"]["maxLength"], rows.get(settings["text"]["outOfVocabularyToken"], 0)
ids = [rows.get(word, unknown) for word in words_of("A sentence to classify.")[:length]]
x = weights["embedding/A"][[row for row in ids if row > 0] or [unknown]].mean(0) @ weights["embedding/B"]
for layer in range(len(spec["body"]["hidden"])): x = numpy.maximum(x @ weights[f"hidden_{layer}/kernel"] + weights[f"hidden_{layer}/bias"], 0)
print(settings["labels"][(x @ weights["head/kernel"] + weights["head/bias"]).argmax()])
`,
  'classifyTfjs.mjs': String.raw`import * as tf from '@tensorflow/tfjs';
import { readFileSync as read } from 'node:fs';
const [{ text: { maxLength, outOfVocabularyToken }, labels }, rows] = [JSON.parse(read('press.json')), new Map(read('vocabulary.txt', 'utf8').split('\n').slice(0, -1).map((word, row) => [word, row]))];
const found = 'A sentence to classify.'.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*|['’](?:s|re|ve|ll|d|m)(?![\p{L}\p{N}])|[\p{P}\p{S}]/giu) ?? [];
const words = found.flatMap((token) => (token.length > 1 ? token.replaceAll('’', "'").split(/(?<=.)(?=(?:n't|'(?:s|re|ve|ll|d|m))$)/) : token));
const ids = words.slice(0, maxLength).map((word) => rows.get(word) ?? rows.get(outOfVocabularyToken) ?? 0).filter((row) => row > 0);
const { modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] } = JSON.parse(read('model.json'));
const model = await tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData: new Uint8Array(Buffer.concat(paths.map((path) => read(path)))).buffer }) });
const scores = model.predict(tf.tensor2d([Array.from({ length: maxLength }, (_, i) => ids[i] ?? (i > 0 || ids.length > 0 ? 0 : rows.get(outOfVocabularyToken) ?? 0))])).dataSync();
console.log(labels[scores.length > 1 ? scores.indexOf(Math.max(...scores)) : Number(scores[0] > 0.5)]);
`,
  'classifyTfjsTexts.mjs': String.raw`import * as tf from '@tensorflow/tfjs';
import { readFileSync as read } from 'node:fs';
const [texts, { text: { maxLength, outOfVocabularyToken }, labels }, rows] = [['Text 1.', 'Text 2.'], JSON.parse(read('press.json')), new Map(read('vocabulary.txt', 'utf8').split('\n').slice(0, -1).map((word, row) => [word, row]))];
const wordsOf = (text) => (text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*|['’](?:s|re|ve|ll|d|m)(?![\p{L}\p{N}])|[\p{P}\p{S}]/giu) ?? []).flatMap((token) => (token.length > 1 ? token.replaceAll('’', "'").split(/(?<=.)(?=(?:n't|'(?:s|re|ve|ll|d|m))$)/) : token));
const idsOf = (text, length) => wordsOf(text).slice(0, length).map((word) => rows.get(word) ?? rows.get(outOfVocabularyToken) ?? 0).filter((row) => row > 0);
const { modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] } = JSON.parse(read('model.json'));
const model = await tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData: new Uint8Array(Buffer.concat(paths.map((path) => read(path)))).buffer }) });
const padded = model.inputs.map(({ shape }) => shape[1] ?? maxLength).map((length, i) => Object.assign(new Array(length).fill(0), idsOf(texts[i], length)));
const scores = model.predict(padded.map((ids) => tf.tensor2d([ids]))).dataSync();
console.log(labels[scores.length > 1 ? scores.indexOf(Math.max(...scores)) : Number(scores[0] > 0.5)]);
`,
} as const;
