"""Makes sklearn_pipeline.json: a small table, a pipeline fitted on it, and what the pipeline says of it.

    python test/reference/sklearn_pipeline.py > test/reference/sklearn_pipeline.json   # scikit-learn 1.9.1, pandas 3
"""

import json
import pathlib
import sys

import numpy
import pandas
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models"))
from export_sklearn import export  # noqa: E402

random = numpy.random.default_rng(7)
kinds = numpy.array([[3, 0, 60], [40, 900, 5], [10, 200, 330]])
rows = numpy.round(kinds[random.integers(0, 3, 60)] * random.uniform(0.5, 1.5, (60, 3)), 2)
table = pandas.DataFrame(rows, columns=["Views", "Total spend", "days_since"])
pipeline = make_pipeline(
    FunctionTransformer(numpy.log1p), StandardScaler(), PCA(2), KMeans(3, n_init=10, random_state=0)
).fit(table)
json.dump(
    {
        "rows": rows.tolist(),
        "fitted": export(pipeline),
        "projected": pipeline[:-1].transform(table).tolist(),
        "labels": pipeline.predict(table).tolist(),
        "inertia": pipeline[-1].inertia_,
    },
    sys.stdout,
)
