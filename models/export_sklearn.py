"""Writes the numbers of a fitted scikit-learn pipeline as JSON, for `segmentation train --fitted`.

    python export_sklearn.py pipeline.joblib > fitted.json
    segmentation train --features table.csv --fitted fitted.json --out models/from-sklearn

The pipeline: optionally FunctionTransformer(numpy.log1p | numpy.sqrt | numpy.arcsinh), then StandardScaler, PCA, KMeans or
MiniBatchKMeans, fitted on a DataFrame whose column names are those of the table. Only load pipelines that you trust: joblib
files can run code.
"""

import json
import sys

import numpy
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer, StandardScaler

TRANSFORMS = {None: "none", numpy.log1p: "log1p", numpy.sqrt: "sqrt", numpy.arcsinh: "asinh"}


def export(pipeline):
    """The fitted pipeline as a dict of plain numbers; ValueError where it holds what a bundle cannot say."""
    steps = [step for _, step in pipeline.steps if step not in (None, "passthrough")]
    transform = "none"
    if isinstance(steps[0], FunctionTransformer):
        if steps[0].func not in TRANSFORMS:
            raise ValueError(f"{steps[0]}: expected numpy.log1p, numpy.sqrt or numpy.arcsinh")
        transform = TRANSFORMS[steps.pop(0).func]
    kinds = (StandardScaler, PCA, (KMeans, MiniBatchKMeans))
    if len(steps) != len(kinds) or not all(map(isinstance, steps, kinds)):
        raise ValueError(f"expected StandardScaler, PCA, KMeans; found {[type(s).__name__ for s in steps]}")
    scaler, pca, kmeans = steps
    if pca.whiten:
        raise ValueError("PCA(whiten=True): expected components that are not whitened")
    columns = getattr(pipeline, "feature_names_in_", None)
    if columns is None:
        raise ValueError("the pipeline knows no column names: fit it on a DataFrame")
    none = numpy.zeros(len(columns))
    return {
        "by": f"scikit-learn {sklearn.__version__}",
        "columns": [str(name) for name in columns],
        "transforms": [transform] * len(columns),
        "scaler": {
            "mean": (none if scaler.mean_ is None else scaler.mean_).tolist(),
            "scale": (none + 1 if scaler.scale_ is None else scaler.scale_).tolist(),
        },
        "pca": {
            "mean": pca.mean_.tolist(),
            "components": pca.components_.tolist(),
            "explainedVariance": pca.explained_variance_.tolist(),
            "explainedVarianceRatio": pca.explained_variance_ratio_.tolist(),
        },
        "centroids": kmeans.cluster_centers_.tolist(),
    }


if __name__ == "__main__":
    import joblib

    json.dump(export(joblib.load(sys.argv[1])), sys.stdout)
