import json, keras, tensorflow
model = keras.models.load_model("model.keras")
text = tensorflow.reshape(tensorflow.constant("A sentence to classify."), [1] * len(model.input_shape))
scores, labels = model(text).numpy()[0], json.load(open("press.json", encoding="utf-8"))["labels"]
print(labels[int(scores.argmax() if len(scores) > 1 else scores[0] > 0.5)])
