"""Saves random torch models as .pt and .safetensors and prints what they predict. Given a folder, as JSON."""

import json
import struct
import sys
from pathlib import Path

import torch
from torch import nn

folder = Path(json.load(sys.stdin)["folder"])
torch.manual_seed(5)
rows, n, classes = 13, 6, 3
# None is shorter than a window.
sentences = [[3, 4, 3, 7, 2, 9], [2, 6, 8, 5], [9, 11, 5, 12, 10]]
length = max(map(len, sentences))


class Average(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(rows, n, mode="mean")
        self.fc1 = nn.Linear(n, 8)
        self.fc2 = nn.Linear(8, 8)
        self.fc3 = nn.Linear(8, classes)

    def forward(self, ids):
        x = self.fc1(self.embedding(ids)).relu()
        return self.fc3(self.fc2(x).relu())


class Recurrent(nn.Module):
    def __init__(self, make, pooling, bidirectional=False, bias=True, outputs=classes):
        super().__init__()
        self.pooling = pooling
        self.embed = nn.Embedding(rows, n, padding_idx=0)
        self.rnn = make(n, 5, batch_first=True, bidirectional=bidirectional, bias=bias)
        width = 10 if bidirectional else 5
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(width, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, outputs)
        )

    def forward(self, ids):
        outputs, state = self.rnn(self.embed(ids))
        if self.pooling == "mean":
            return self.classifier(outputs.mean(1))
        state = state[0] if isinstance(state, tuple) else state
        return self.classifier(torch.cat(list(state), 1))


class Convolutions(nn.Module):
    def __init__(self, flat):
        super().__init__()
        self.flat = flat
        self.word_embeddings = nn.Embedding(rows, n)
        sizes = (2, 4, 3)
        self.convs = nn.ModuleList(
            nn.Conv2d(1, 7, (w, n)) if flat else nn.Conv1d(n, 7, w) for w in sizes
        )
        self.fc = nn.Linear(21, classes, bias=not flat)

    def forward(self, ids):
        x = self.word_embeddings(ids)
        x = x.unsqueeze(1) if self.flat else x.transpose(1, 2)
        parts = [conv(x).relu().flatten(2).max(2).values for conv in self.convs]
        return self.fc(torch.cat(parts, 1))


models = {
    "dan": (Average(), {"kind": "dan"}),
    "lstm, last": (Recurrent(nn.LSTM, "last"), {"kind": "lstm", "pooling": "last"}),
    "lstm, mean, without biases": (
        Recurrent(nn.LSTM, "mean", bias=False),
        {"kind": "lstm", "pooling": "mean"},
    ),
    "bilstm, last": (Recurrent(nn.LSTM, "last", True), {"kind": "bilstm", "pooling": "last"}),
    "bilstm, mean, one unit": (
        Recurrent(nn.LSTM, "mean", True, outputs=1),
        {"kind": "bilstm", "pooling": "mean"},
    ),
    "gru, last": (Recurrent(nn.GRU, "last"), {"kind": "gru", "pooling": "last"}),
    "gru, mean": (Recurrent(nn.GRU, "mean"), {"kind": "gru", "pooling": "mean"}),
    "cnn, Conv1d": (Convolutions(False), {"kind": "cnn"}),
    "cnn, Conv2d": (Convolutions(True), {"kind": "cnn"}),
    "lstm, padding counted": (
        Recurrent(nn.LSTM, "last"),
        {"kind": "lstm", "pooling": "last", "masked": False},
    ),
}
names = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16"}


def save_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        raw = tensor.contiguous().view(torch.uint8).numpy().tobytes()
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def predict(model, masked):
    with torch.no_grad():
        padded = [s if masked else s + [0] * (length - len(s)) for s in sentences]
        logits = torch.cat([model(torch.tensor([s])) for s in padded])
    if logits.shape[1] == 1:
        p = logits.sigmoid()
        return torch.cat([1 - p, p], 1).tolist()
    return logits.softmax(1).tolist()


cases = []
for i, (title, (model, architecture)) in enumerate(models.items()):
    model.eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    dtype = list(names)[i % len(names)]
    state = {name: tensor.to(dtype) for name, tensor in model.state_dict().items()}
    # What is stored in fewer bits is what predicts.
    model.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    saved = [
        state,
        {"epoch": 3, "state_dict": {f"module.{name}": tensor for name, tensor in state.items()}},
        # Stored by columns.
        {name: t.t().contiguous().t() if t.dim() == 2 else t for name, t in state.items()},
    ][i % 3]
    torch.save(saved, folder / f"{i}.pt")
    save_safetensors(folder / f"{i}.safetensors", state)
    expected = predict(model, architecture.get("masked", True))
    cases.append({"title": title, "architecture": architecture, "files": f"{i}", "expected": expected})
print(json.dumps({"sentences": sentences, "length": length, "cases": cases}))
