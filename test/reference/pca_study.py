"""Makes pca_study.json: a small table and what a study reads from it, in numpy, scipy and scikit-learn.

    python test/reference/pca_study.py > test/reference/pca_study.json   # scikit-learn 1.9.1, scipy 1.17
"""

import json
import sys

import numpy
import scipy.stats
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

random = numpy.random.default_rng(11)
n = 150
activity = random.normal(size=n)
buying = random.normal(size=n)
table = numpy.column_stack(
    [
        activity + 0.3 * random.normal(size=n),
        activity + 0.4 * random.normal(size=n),
        buying + 0.3 * random.normal(size=n),
        numpy.exp(buying + 0.2 * random.normal(size=n)),
        random.normal(size=n),
        numpy.zeros(n),
    ]
)
# the last column is the sum of two others, the one before it the same everywhere
table = numpy.round(table, 4)
table = numpy.round(numpy.column_stack([table, table[:, 0] + table[:, 2]]), 4)
scaled = StandardScaler().fit_transform(table)
pca = PCA().fit(scaled)
scores = pca.transform(scaled)
with numpy.errstate(invalid="ignore", divide="ignore"):
    both = numpy.nan_to_num(numpy.corrcoef(scaled.T, scores.T))
F = table.shape[1]
# axes without variance have no direction of their own
axes = int((pca.explained_variance_ > 1e-9).sum())
circle = both[:F, F : F + axes].T
correlation = both[:F, :F]
numpy.fill_diagonal(correlation, 1)


def explained(column: int) -> float:
    rest = numpy.delete(scaled, column, axis=1)
    return float(LinearRegression().fit(rest, scaled[:, column]).score(rest, scaled[:, column]))


def parallel(rows: int, columns: int, replicates: int = 4000) -> list[float]:
    values = [
        numpy.sort(numpy.linalg.eigvalsh(numpy.corrcoef(random.normal(size=(rows, columns)).T)))[::-1]
        for _ in range(replicates)
    ]
    return numpy.quantile(values, 0.95, axis=0).tolist()


skewed = table[:, 3]
counts, edges = numpy.histogram(skewed, bins=12)
json.dump(
    {
        "rows": table.tolist(),
        "eigenvalues": (pca.explained_variance_ * (n - 1) / n).tolist(),
        "ratios": pca.explained_variance_ratio_.tolist(),
        "loadings": pca.components_[:axes].tolist(),
        "circle": circle.tolist(),
        "contributions": (pca.components_[:axes] ** 2).tolist(),
        "cos2": (circle**2).tolist(),
        "correlations": correlation.tolist(),
        "explained": [explained(j) if table[:, j].std() > 0 else 0.0 for j in range(F)],
        "parallel": [{"rows": r, "columns": c, "values": parallel(r, c)} for r, c in [(150, 6), (40, 10), (2000, 4)]],
        "distribution": {
            "column": 3,
            "mean": float(skewed.mean()),
            "deviation": float(skewed.std()),
            "skewness": float(scipy.stats.skew(skewed)),
            "quantiles": numpy.quantile(skewed, [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]).tolist(),
            "edges": edges.tolist(),
            "counts": counts.tolist(),
        },
    },
    sys.stdout,
)
