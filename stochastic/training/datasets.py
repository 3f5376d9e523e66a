"""Data sets of labelled images, read from local files; nothing is downloaded."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import math
import pickle
import zlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit.archives import archive
from fixedpoint.circuit.checks import shown

__all__ = ["DATASETS", "Dataset", "load"]

# Bytes of a file after unpacking; the images of Fashion-MNIST take 47 million.
LARGEST_FILE = 1 << 28


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images for training and for testing.

    Attributes
    ----------
    name : str
    train_images, test_images : uint8 or float32 array ``[n, channels, height, width]``
        Grey levels or colours: 0..255, or any floats.
    train_labels, test_labels : uint8 or int64 array ``[n]``
        0..classes - 1.
    classes : int
    mirrors : bool
        Whether a data set of one's own may be mirrored; see `load_own`.
    """

    name: str
    train_images: NDArray[Any]
    train_labels: NDArray[Any]
    test_images: NDArray[Any]
    test_labels: NDArray[Any]
    classes: int = 10
    mirrors: bool = False

    def normalized(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the training and test images as float32 with mean 0 and standard deviation 1.

        Mean and standard deviation are those of each channel of the training images.
        """
        mean, scale = self._mean_and_scale()
        train, test = (
            ((images - mean) / scale).astype(np.float32)
            for images in (self.train_images, self.test_images)
        )
        return train, test

    def digest(self) -> str:
        """Return a digest of all images and labels: 16 hexadecimal digits of a SHA-256."""
        digest = hashlib.sha256()
        for name in ("train_images", "train_labels", "test_images", "test_labels"):
            array = np.ascontiguousarray(getattr(self, name))
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(array.data)
        return digest.hexdigest()[:16]

    def black(self) -> NDArray[np.float32]:
        """Return the value of a black pixel in `normalized` images, ``[channels]``."""
        mean, scale = self._mean_and_scale()
        return ((0 - mean) / scale).astype(np.float32).reshape(-1)

    def _mean_and_scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        axes = (0, 2, 3)
        mean = self.train_images.mean(axis=axes, dtype=np.float64, keepdims=True)
        deviation = self.train_images.std(axis=axes, dtype=np.float64, keepdims=True)
        return mean, np.where(deviation == 0, 1, deviation)


def load(name: str, directory: str | Path | None = None) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : {"fashion-mnist-subset", "fashion-mnist", "mnist", "cifar-10", "digits"}
        ``"fashion-mnist-subset"`` is part of this package: the first 800 training and the
        first 200 test images of each class of Fashion-MNIST, 28 x 28, in their original
        order. ``"fashion-mnist"`` and ``"mnist"`` are whole data sets in four IDX files,
        optionally compressed by gzip. ``"cifar-10"`` has colour images of 32 x 32, in the
        six files of the binary or of the pickled version. ``"digits"`` is scikit-learn's
        ``digits.csv.gz`` (or ``.csv``), 8 x 8, with the grey levels 0..16 multiplied by 15;
        the last fifth is the test set.
    directory : path, optional
        Directory of the files. Not needed for the subset, nor for ``"digits"`` if
        scikit-learn is installed.

    Raises
    ------
    ValueError
        If the name is unknown, if the directory is needed and not given, or if a file is
        invalid.
    FileNotFoundError
        If the directory or one of its files does not exist.
    """
    if name not in _LOADERS:
        raise ValueError(f"data set must be one of {', '.join(_LOADERS)}, not {shown(name)}")
    path = None if directory is None else Path(directory)
    if path is not None and not path.is_dir():
        raise FileNotFoundError(f"there is no directory {path}")
    return _LOADERS[name](path)


def _require_directory(directory: Path | None, name: str) -> Path:
    if directory is None:
        raise ValueError(f"data set {name} needs the directory of its files")
    return directory


def _find(directory: Path, *names: str) -> Path:
    """Return the path of the first of the names that exists in the directory."""
    for name in names:
        if (directory / name).is_file():
            return directory / name
    raise FileNotFoundError(f"there is no {' or '.join(names)} in {directory}")


def _read(path: Path) -> bytes:
    try:
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError(f"it unpacks to more than {LARGEST_FILE} bytes")
        return data
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _labels(path: Path, labels: NDArray[Any], classes: int = 10) -> NDArray[np.uint8]:
    if not labels.size:
        raise ValueError(f"{path} holds no label")
    invalid = labels[(labels < 0) | (labels >= classes)]
    if invalid.size:
        raise ValueError(f"{path} holds the label {invalid[0]}, not one of 0..{classes - 1}")
    return labels.astype(np.uint8)


def _subset(directory: Path | None) -> Dataset:
    file = "fashion-mnist-subset.npz"
    if directory is None:
        data = resources.files(f"{__package__}.data").joinpath(file).read_bytes()
    else:
        data = _find(directory, file).read_bytes()
    path = Path(file) if directory is None else directory / file
    with archive(io.BytesIO(data), f"{path} cannot be read") as arrays:
        parts = [(arrays[f"{p}_images"], arrays[f"{p}_labels"]) for p in ("train", "test")]
    checked: list[NDArray[np.uint8]] = []
    for images, labels in parts:
        bytes_only = images.dtype == labels.dtype == np.uint8
        if not bytes_only or images.ndim != 3 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{path} holds images that are {images.dtype} of shape {images.shape} and "
                f"labels that are {labels.dtype} of shape {labels.shape}"
            )
        checked += [images[:, None], _labels(path, labels)]
    return Dataset("fashion-mnist-subset", checked[0], checked[1], checked[2], checked[3])


def _four_files(directory: Path | None, name: str) -> Dataset:
    """Load a data set of the four IDX files that MNIST introduced."""
    directory = _require_directory(directory, name)
    arrays: list[NDArray[np.uint8]] = []
    for part in ("train", "t10k"):
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        images_path, labels_path = (_find(directory, f"{n}.gz", n) for n in names)
        images, labels = _idx(images_path, 3), _idx(labels_path, 1)
        if len(images) != len(labels):
            raise ValueError(
                f"{images_path} holds {len(images)} images, but {labels_path} "
                f"{len(labels)} labels"
            )
        arrays += [images[:, None], _labels(labels_path, labels)]
    return Dataset(name, arrays[0], arrays[1], arrays[2], arrays[3])


def _idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: magic number, shape and values."""
    data = _read(path)
    header = 4 + 4 * dimensions
    if len(data) < header or data[:4] != bytes([0, 0, 8, dimensions]):
        raise ValueError(f"{path} is not an IDX file of bytes with {dimensions} dimensions")
    shape = tuple(int(size) for size in np.frombuffer(data[4:header], ">u4"))
    size = math.prod(shape)
    if len(data) != header + size:
        raise ValueError(f"{path} holds {len(data) - header} values, not {size}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


_CIFAR_TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))


def _cifar(directory: Path | None) -> Dataset:
    directory = _require_directory(directory, "cifar-10")
    paths = [_find(directory, f"{n}.bin", n) for n in (*_CIFAR_TRAIN, "test_batch")]
    batches = [_cifar_binary(p) if p.suffix == ".bin" else _cifar_pickle(p) for p in paths]
    images = np.concatenate([batch[0] for batch in batches[:-1]])
    labels = np.concatenate([batch[1] for batch in batches[:-1]])
    return Dataset("cifar-10", images, labels, *batches[-1])


def _cifar_binary(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read records of one label and 3 x 32 x 32 bytes."""
    data = np.frombuffer(_read(path), np.uint8)
    if not data.size or data.size % 3073:
        raise ValueError(f"{path} holds {data.size} bytes, not a multiple of 3073")
    records = data.reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), _labels(path, records[:, 0])


class _ArraysOnly(pickle.Unpickler):
    """Unpickler of arrays and plain values that refuses everything else."""

    ALLOWED = frozenset(
        {
            ("numpy", "dtype"),
            ("numpy", "ndarray"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        if name == "_reconstruct":
            return np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        return super().find_class(module, name)


def _cifar_pickle(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a pickled batch: a dictionary with ``data`` [n, 3072] and ``labels``."""
    try:
        # Python 2 wrote the batches, so the keys are bytes.
        batch = _ArraysOnly(io.BytesIO(_read(path)), encoding="bytes").load()
        batch = {k.decode() if isinstance(k, bytes) else k: v for k, v in batch.items()}
        images = np.asarray(batch["data"])
        labels = np.asarray(batch["labels"])
        if labels.dtype.kind not in "iu":
            raise TypeError(f"its labels are {labels.dtype}, not integers")
    except Exception as error:
        # A corrupt pickle can raise anything.
        reason = f"{error}" or type(error).__name__
        raise ValueError(f"{path} is not a pickled batch of CIFAR-10: {reason}") from None
    if images.dtype != np.uint8 or images.shape != (len(labels), 3072):
        raise ValueError(
            f"{path} is not a pickled batch of CIFAR-10: its data are {images.dtype} of "
            f"shape {images.shape} with {len(labels)} labels"
        )
    return images.reshape(-1, 3, 32, 32), _labels(path, labels)


def _digits(directory: Path | None) -> Dataset:
    if directory is None:
        values = _installed_digits()
    else:
        path = _find(directory, "digits.csv.gz", "digits.csv")
        try:
            values = np.loadtxt(
                io.StringIO(_read(path).decode("ascii")), delimiter=",", ndmin=2
            )
        except (UnicodeDecodeError, ValueError) as error:
            raise ValueError(f"{path} is not a table of numbers: {error}") from None
        if values.shape[1] != 65:
            raise ValueError(f"{path} must have 65 columns, not {values.shape[1]}")
        if not (
            np.isin(values[:, :64], range(17)).all() and np.isin(values[:, 64], range(10)).all()
        ):
            raise ValueError(f"{path} must hold grey levels 0..16 and labels 0..9")
    images = (values[:, :64].astype(np.uint8) * np.uint8(15)).reshape(-1, 1, 8, 8)
    labels = values[:, 64].astype(np.uint8)
    split = len(labels) * 4 // 5
    return Dataset("digits", images[:split], labels[:split], images[split:], labels[split:])


def _installed_digits() -> NDArray[np.float64]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ValueError(
            "data set digits needs the directory of digits.csv.gz, or scikit-learn"
        ) from None
    bunch = load_digits()
    return np.column_stack([bunch.data, bunch.target])


_LOADERS: dict[str, Callable[[Path | None], Dataset]] = {
    "fashion-mnist-subset": _subset,
    "fashion-mnist": lambda directory: _four_files(directory, "fashion-mnist"),
    "mnist": lambda directory: _four_files(directory, "mnist"),
    "cifar-10": _cifar,
    "digits": _digits,
}

DATASETS = tuple(_LOADERS)
