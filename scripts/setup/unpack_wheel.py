"""Takes the libraries and the headers of TensorFlow out of its wheel: unpack_wheel.py WHEEL FOLDER."""

import os
import shutil
import sys
import zipfile

wheel, folder = sys.argv[1:]
places = {
    "tensorflow/libtensorflow_cc.so.2": "lib/libtensorflow_cc.so.2",
    "tensorflow/libtensorflow_framework.so.2": "lib/libtensorflow_framework.so.2",
}
include = "tensorflow/include/"

with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.endswith("/"):
            continue
        if name.startswith(include):
            place = "include/" + name[len(include) :]
        elif name in places:
            place = places[name]
        else:
            continue
        path = os.path.join(folder, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
