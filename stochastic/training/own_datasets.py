"""Data sets of one's own: PyTorch `Dataset` classes in a Python file."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.circuit.checks import shown

from .datasets import Dataset
from .python_files import first_line, load_class, make

__all__ = ["load_own"]


def load_own(
    name: str, code_directory: Path, digest: str, directory: str | Path | None = None
) -> Dataset:
    """Load a data set from a class of one's own.

    The class is a `torch.utils.data.Dataset`, made as those of torchvision: with
    ``train=True`` for the training images and ``train=False`` for the test images, and with
    ``root=DIRECTORY`` if a directory is given. Each item is an image
    ``[channels, height, width]``, a tensor or array of uint8 or of floats, and its label, an
    integer from 0. All items are read once. An attribute ``classes`` of the class, a list as
    in torchvision, gives the number of classes, which else is that of the training labels.
    An attribute ``mirrors = True`` says that classes stay the same when images are mirrored.

    Parameters
    ----------
    name : str
        ``FILE.py:CLASS``.
    code_directory : path
        Where the file is looked for.
    digest : str
        Digest of the file; see `stochastic.training.python_files.file_digest`.
    directory : path, optional
        Directory of the data set's files.

    Raises
    ------
    ValueError
        If an image has another shape than the first one, if a label is no integer from 0 to
        classes - 1, or as for `load_class`. The message names the item.
    FileNotFoundError
        If the file or the directory does not exist.
    """
    if directory is not None and not Path(directory).is_dir():
        raise FileNotFoundError(f"there is no directory {directory}")
    cls = load_class(
        name, code_directory, digest, torch.utils.data.Dataset, "a torch.utils.data.Dataset"
    )
    root = {} if directory is None else {"root": str(directory)}
    parts = [make(cls, {"train": train, **root}, name) for train in (True, False)]
    classes = getattr(parts[0], "classes", None)
    count = None if classes is None else _class_count(classes, name)
    train_images, train_labels = _items(parts[0], f"{name}(train=True)", None, count)
    if count is None:
        count = int(train_labels.max()) + 1
    shape = train_images.shape[1:], train_images.dtype
    test_images, test_labels = _items(parts[1], f"{name}(train=False)", shape, count)
    return Dataset(
        name,
        train_images,
        train_labels,
        test_images,
        test_labels,
        classes=count,
        mirrors=getattr(parts[0], "mirrors", False) is True,
    )


def _class_count(classes: Any, name: str) -> int:
    count = classes if isinstance(classes, int) else len(classes)
    if not 1 <= count <= 1 << 16:
        raise ValueError(f"{name} must have 1 to 65536 classes, not {count}")
    return count


def _items(
    items: Any, name: str, expected: tuple[tuple[int, ...], Any] | None, classes: int | None
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return images and labels of all items, of one shape and one type."""
    try:
        count = len(items)
    except TypeError:
        raise ValueError(f"{name} must have a length") from None
    if not count:
        raise ValueError(f"{name} holds no image")
    images: NDArray[Any] | None = None
    labels = np.empty(count, np.int64)
    for i in range(count):
        try:
            image, label = items[i]
            pixels = image.numpy(force=True) if torch.is_tensor(image) else np.asarray(image)
        except Exception as error:
            # The class is code of the user, which can raise anything.
            raise ValueError(
                f"item {i} of {name} must be an image and a label: {first_line(error)}"
            ) from None
        if pixels.dtype.kind == "f":
            pixels = pixels.astype(np.float32)
        if pixels.ndim != 3 or not pixels.size or pixels.dtype not in (np.uint8, np.float32):
            raise ValueError(
                f"image {i} of {name} must be uint8 or floats of shape [channels, height, "
                f"width], not {pixels.dtype} of shape {list(pixels.shape)}"
            )
        if expected is None:
            expected = pixels.shape, pixels.dtype
        if (pixels.shape, pixels.dtype) != expected:
            raise ValueError(
                f"image {i} of {name} is {pixels.dtype} of shape {list(pixels.shape)}, not "
                f"{expected[1]} of shape {list(expected[0])} as the first training image"
            )
        if not np.isfinite(pixels).all():
            raise ValueError(f"image {i} of {name} holds a value that is not finite")
        if images is None:
            images = np.empty((count, *pixels.shape), pixels.dtype)
        images[i] = pixels
        labels[i] = _label(label, f"label {i} of {name}", classes)
    assert images is not None  # There is an item at least.
    return images, labels


def _label(label: Any, name: str, classes: int | None) -> int:
    limit = classes or 1 << 16
    try:
        value = operator.index(label)
    except TypeError:
        raise ValueError(f"{name} must be an integer, not {shown(label)}") from None
    if not 0 <= value < limit:
        raise ValueError(f"{name} must be between 0 and {limit - 1}, not {value}")
    return value
