"""Correlations of features from the places where both fire: of the other pairs nothing is ever held."""

import numpy as np
import scipy.sparse
from jaxtyping import Bool

from featviz.records import Correlation
from featviz.statistics.sums import Sums


def best_of_shared(
    cross: scipy.sparse.csr_array, rows: Sums, columns: Sums, n: int, k: int
) -> tuple[Bool[np.ndarray, "row"], list[Correlation | None]]:
    """Which rows have k positive correlations in ``cross``, the sums of products where both fire; and each one's best.

    Activations must not be negative: features that never fire together then have a correlation of 0 at most, so that
    the best k of such a row are exact. Every value has the bits that the dense formula gives.
    """
    row = np.repeat(np.arange(cross.shape[0]), np.diff(cross.indptr))
    column, product = cross.indices, cross.data
    covariance = product - rows.total[row] * (columns.total / n)[column]
    pearson = np.clip(covariance / rows.deviation(n)[row] / columns.deviation(n)[column], -1, 1)
    kept = np.flatnonzero(pearson > 0)
    order = kept[np.lexsort((column[kept], -pearson[kept], row[kept]))]
    count = np.bincount(row[order], minlength=cross.shape[0])
    known = count >= k
    first = np.cumsum(count) - count
    best = order[(first[known][:, None] + np.arange(k)).ravel()].reshape(-1, k)
    cosine = product[best] / rows.norm(n)[row[best]] / columns.norm(n)[column[best]]
    found: list[Correlation | None] = [None] * cross.shape[0]
    for number, entries, beside in zip(np.flatnonzero(known).tolist(), best, np.clip(cosine, -1, 1), strict=True):
        found[number] = Correlation(column[entries].astype(np.int64), pearson[entries], beside)
    return known, found
