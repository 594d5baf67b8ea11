"""scikit-learn's multinomial logistic regression on embeddings that logistic-referee.ts wrote: loss and test accuracy, as JSON."""
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore", category=FutureWarning)
folder = Path(sys.argv[1])
meta = json.loads((folder / "meta.json").read_text())
train, test = (np.fromfile(folder / f"{part}.f32", np.float32).reshape(-1, meta["columns"]).astype(float) for part in ("train", "test"))
y, y_test = np.array(meta["train"]), np.array(meta["test"])
counts = np.bincount(y)
present = np.count_nonzero(counts)
weights = len(y) / (present * counts[y])
mean = np.average(train, axis=0, weights=weights)
deviation = np.maximum(1e-3, np.sqrt(np.average((train - mean) ** 2, axis=0, weights=weights)))
train, test = (train - mean) / deviation, (test - mean) / deviation

results = []
for c in meta["strengths"]:
    started = time.perf_counter()
    model = LogisticRegression(C=c, tol=1e-8, max_iter=20000).fit(train, y, sample_weight=weights)
    seconds = time.perf_counter() - started
    logits = train @ model.coef_.T + model.intercept_
    top = logits.max(axis=1)
    nll = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - logits[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    loss = c * (weights * nll).sum() + (model.coef_**2).sum() / 2
    results.append({"c": c, "loss": loss, "testAccuracy": float((model.predict(test) == y_test).mean()), "seconds": seconds})
print(json.dumps(results))
