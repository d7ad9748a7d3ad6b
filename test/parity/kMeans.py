"""Prints the distortion of scikit-learn's k-means for each set of rows on standard input."""

import json
import sys

import numpy as np
from sklearn.cluster import KMeans

distortions = []
for one in json.load(sys.stdin):
    rows = np.array(one["rows"], dtype=np.float32).reshape(-1, one["width"])
    found = KMeans(one["centroids"], n_init=1, random_state=1).fit(rows)
    distortions.append(float(found.inertia_))
print(json.dumps(distortions))
