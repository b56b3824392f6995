"""numpy, which takes 18 MB: loaded with the first population that is worked out."""

from typing import TYPE_CHECKING, Any

from reptidex.lazily import lazily

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Places = npt.NDArray[np.intp]
    Figures = npt.NDArray[np.float64]
    Marks = npt.NDArray[np.bool_]
else:
    np = lazily("numpy")
    Places = Figures = Marks = Any

__all__ = ["Figures", "Marks", "Places", "np"]
