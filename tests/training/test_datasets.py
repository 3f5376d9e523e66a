"""Images from files: every format, and every way a file can be wrong."""

import gzip
import hashlib
import io
import pickle
import struct

import numpy as np
import pytest

from sim.report.training_runs import NEEDS_DATA
from stochastic.training.datasets import Dataset, load

RNG = np.random.default_rng(0)


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def fashion(directory, compressed=True, n=(5, 3)):
    """Write the four files; return what they hold."""
    arrays = []
    for part, size in zip(("train", "t10k"), n, strict=True):
        images = RNG.integers(0, 256, (size, 28, 28)).astype(np.uint8)
        labels = RNG.integers(0, 10, size).astype(np.uint8)
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            data = idx(array)
            path = directory / f"{part}-{name}-ubyte"
            if compressed:
                (directory / f"{path.name}.gz").write_bytes(gzip.compress(data))
            else:
                path.write_bytes(data)
        arrays += [images, labels]
    return arrays


def assert_holds(data, train_images, train_labels, test_images, test_labels):
    np.testing.assert_array_equal(data.train_images, train_images)
    np.testing.assert_array_equal(data.train_labels, train_labels)
    np.testing.assert_array_equal(data.test_images, test_images)
    np.testing.assert_array_equal(data.test_labels, test_labels)
    assert data.train_images.dtype == data.test_labels.dtype == np.uint8


def test_the_subset_is_balanced_and_as_published():
    data = load("fashion-mnist-subset")
    assert data.train_images.shape == (8000, 1, 28, 28)
    assert data.test_images.shape == (2000, 1, 28, 28)
    assert np.bincount(data.train_labels).tolist() == [800] * 10
    assert np.bincount(data.test_labels).tolist() == [200] * 10
    # The first labels of the published files, in their order.
    assert data.train_labels[:12].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9]
    assert data.test_labels[:12].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 4, 5]
    # No image is there twice, in training and testing.
    images = np.concatenate([data.train_images, data.test_images])
    digests = {hashlib.sha256(image.tobytes()).digest() for image in images}
    assert len(digests) >= 9_990


@pytest.mark.parametrize("name", ["fashion-mnist", "mnist"])
@pytest.mark.parametrize("compressed", [True, False])
def test_four_idx_files(tmp_path, name, compressed):
    train, train_labels, test, test_labels = fashion(tmp_path, compressed)
    data = load(name, tmp_path)
    assert data.name == name
    assert_holds(data, train[:, None], train_labels, test[:, None], test_labels)


def cifar(n):
    images = RNG.integers(0, 256, (n, 3, 32, 32)).astype(np.uint8)
    return images, RNG.integers(0, 10, n).astype(np.uint8)


NAMES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


@pytest.mark.parametrize("form", ["binary", "pickled", "pickled by Python 2"])
def test_cifar_10(tmp_path, form):
    batches = [cifar(4) for _ in NAMES]
    for name, (images, labels) in zip(NAMES, batches, strict=True):
        if form == "binary":
            records = np.column_stack([labels, images.reshape(-1, 3072)])
            (tmp_path / f"{name}.bin").write_bytes(records.tobytes())
            continue
        batch = {"data": images.reshape(-1, 3072), "labels": labels.tolist(), "x": "y"}
        if form == "pickled by Python 2":
            batch = {key.encode(): value for key, value in batch.items()}
            protocol = 2
        else:
            protocol = 4
        (tmp_path / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    train = [np.concatenate(parts) for parts in zip(*batches[:5], strict=True)]
    assert_holds(load("cifar-10", str(tmp_path)), *train, *batches[5])


@pytest.mark.parametrize("name", ["digits.csv.gz", "digits.csv"])
def test_digits(tmp_path, name):
    grey = RNG.integers(0, 17, (10, 64))
    labels = RNG.integers(0, 10, 10)
    lines = [",".join(map(str, [*row, label])) for row, label in zip(grey, labels, strict=True)]
    text = "\n".join(lines).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    images = (15 * grey).reshape(-1, 1, 8, 8)
    assert_holds(load("digits", tmp_path), images[:8], labels[:8], images[8:], labels[8:])


def test_digits_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    data = load("digits")
    bunch = datasets.load_digits()
    images = np.concatenate([data.train_images, data.test_images])
    np.testing.assert_array_equal(images[:, 0], 15 * bunch.images)
    labels = np.concatenate([data.train_labels, data.test_labels])
    np.testing.assert_array_equal(labels, bunch.target)


def test_normalized_images():
    images = RNG.integers(0, 256, (50, 3, 6, 5)).astype(np.uint8)
    images[:, 1] //= 4
    images[:, 2] = 7
    data = Dataset("x", images, np.zeros(50, np.uint8), images[:9], np.zeros(9, np.uint8))
    train, test = data.normalized()
    assert train.dtype == np.float32
    np.testing.assert_allclose(train.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    # A channel of one grey level stays 0 and divides by nothing.
    np.testing.assert_allclose(train.std(axis=(0, 2, 3)), [1, 1, 0], atol=1e-6)
    np.testing.assert_array_equal(test, train[:9])


def test_names_and_directories(tmp_path):
    known = "fashion-mnist-subset, fashion-mnist, mnist, cifar-10, digits"
    with pytest.raises(ValueError, match=f"^data set must be one of {known}, not 'letters'$"):
        load("letters")
    # Reports have these names, too.
    assert set(known.split(", ")) - set(NEEDS_DATA) == {"fashion-mnist-subset", "digits"}
    for name in NEEDS_DATA:
        with pytest.raises(
            ValueError, match=f"^data set {name} needs the directory of its files$"
        ):
            load(name)
    with pytest.raises(FileNotFoundError, match=f"^there is no directory {tmp_path}/x$"):
        load("digits", tmp_path / "x")


def test_missing_files(tmp_path):
    sentences = {
        "fashion-mnist": "train-images-idx3-ubyte.gz or train-images-idx3-ubyte",
        "cifar-10": "data_batch_1.bin or data_batch_1",
        "digits": "digits.csv.gz or digits.csv",
        "fashion-mnist-subset": "fashion-mnist-subset.npz",
    }
    for name, files in sentences.items():
        with pytest.raises(FileNotFoundError, match=f"^there is no {files} in {tmp_path}$"):
            load(name, tmp_path)


def broken(tmp_path, name, file, data):
    """Return the sentence that a broken file gives."""
    (tmp_path / file).write_bytes(data)
    with pytest.raises(ValueError) as caught:
        load(name, tmp_path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence.replace(f"{tmp_path}/", "")


def test_broken_idx_files(tmp_path):
    fashion(tmp_path)
    file = "t10k-images-idx3-ubyte.gz"
    whole = gzip.decompress((tmp_path / file).read_bytes())

    def sentence(data):
        return broken(tmp_path, "fashion-mnist", file, data)

    magic = f"{file} is not an IDX file of bytes with 3 dimensions"
    assert sentence(gzip.compress(b"")) == magic
    assert sentence(gzip.compress(b"\0\0\x0d\x03" + whole[4:])) == magic
    assert sentence(gzip.compress(idx(np.zeros((3, 784), np.uint8)))) == magic
    assert sentence(gzip.compress(whole[:-1])) == f"{file} holds 2351 values, not 2352"
    assert sentence(gzip.compress(whole + b"\0")) == f"{file} holds 2353 values, not 2352"
    assert sentence(gzip.compress(whole)[:-20]).startswith(f"{file} cannot be read: ")
    assert sentence(b"no gzip").startswith(f"{file} cannot be read: ")
    other = idx(np.zeros((4, 28, 28), np.uint8))
    assert sentence(gzip.compress(other)) == (
        f"{file} holds 4 images, but t10k-labels-idx1-ubyte.gz 3 labels"
    )
    fashion(tmp_path)
    file = "train-labels-idx1-ubyte.gz"
    labels = gzip.compress(idx(np.array([1, 2, 3, 4, 10], np.uint8)))
    assert broken(tmp_path, "fashion-mnist", file, labels) == (
        f"{file} holds the label 10, not one of 0..9"
    )


@pytest.mark.parametrize("at", [12, -9])
def test_bytes_that_gzip_cannot_decompress(tmp_path, at):
    fashion(tmp_path)
    file = "train-images-idx3-ubyte.gz"
    data = bytearray((tmp_path / file).read_bytes())
    data[at] ^= 0xFF
    text = broken(tmp_path, "fashion-mnist", file, bytes(data))
    assert text.startswith(f"{file} cannot be read: ")


def test_an_idx_file_of_more_values_than_fit_into_64_bits(tmp_path):
    fashion(tmp_path)
    file = "train-images-idx3-ubyte"
    (tmp_path / f"{file}.gz").unlink()
    header = bytes([0, 0, 8, 3]) + np.array([1 << 31, 1 << 31, 4], ">u4").tobytes()
    assert broken(tmp_path, "fashion-mnist", file, header) == (
        f"{file} holds 0 values, not {1 << 64}"
    )


def test_a_data_set_without_an_image(tmp_path):
    fashion(tmp_path)
    for n, file in ((3, "t10k-images-idx3-ubyte.gz"), (1, "t10k-labels-idx1-ubyte.gz")):
        none = np.zeros((0, 28, 28)[:n], np.uint8)
        (tmp_path / file).write_bytes(gzip.compress(idx(none)))
    with pytest.raises(ValueError, match=f"^{tmp_path}/{file} holds no label$"):
        load("fashion-mnist", tmp_path)


class Harmful:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        import os

        return os.mkdir, ("harm",)


def test_broken_cifar_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def pickled(value):
        start = "data_batch_1 is not a pickled batch of CIFAR-10: "
        text = broken(tmp_path, "cifar-10", "data_batch_1", value)
        assert text.startswith(start)
        return text[len(start) :]

    for name in NAMES:
        (tmp_path / name).write_bytes(b"")
    images, labels = cifar(2)
    good = {"data": images.reshape(2, -1), "labels": labels.tolist()}
    assert pickled(pickle.dumps(Harmful())) == "it asks for posix.mkdir"
    assert pickled(pickle.dumps({**good, "z": Harmful()})) == "it asks for posix.mkdir"
    assert not (tmp_path / "harm").exists()
    pickled(pickle.dumps(good)[:-40])
    pickled(pickle.dumps([1, 2]))
    assert pickled(pickle.dumps({"data": good["data"]})) == "'labels'"
    assert pickled(pickle.dumps({**good, "labels": [1]})) == (
        "its data are uint8 of shape (2, 3072) with 1 labels"
    )
    floats = {**good, "data": np.zeros((2, 3072))}
    assert pickled(pickle.dumps(floats)) == (
        "its data are float64 of shape (2, 3072) with 2 labels"
    )
    file = "data_batch_1.bin"
    for size in (0, 3072, 3074):
        assert broken(tmp_path, "cifar-10", file, bytes(size)) == (
            f"{file} holds {size} bytes, not a multiple of 3073"
        )
    record = bytes([11]) + bytes(3072)
    assert broken(tmp_path, "cifar-10", file, record) == (
        f"{file} holds the label 11, not one of 0..9"
    )
    for labels in ([3, -1], [3, 256]):
        (tmp_path / "data_batch_1.bin").unlink(missing_ok=True)
        assert broken(
            tmp_path, "cifar-10", "data_batch_1", pickle.dumps({**good, "labels": labels})
        ) == (f"data_batch_1 holds the label {labels[1]}, not one of 0..9")
    for labels, kind in ((["a", "b"], "<U1"), ([0.5, 1.0], "float64")):
        assert pickled(pickle.dumps({**good, "labels": labels})) == (
            f"its labels are {kind}, not integers"
        )


def test_broken_digits(tmp_path):
    row = ",".join(["0"] * 65)
    file = "digits.csv"

    def sentence(text):
        return broken(tmp_path, "digits", file, text.encode("latin-1"))

    assert sentence("0,0\n0,0\n") == f"{file} must have 65 columns, not 2"
    assert sentence(f"{row}\n{row},0").startswith(f"{file} is not a table of numbers: ")
    assert sentence(f"{row}\nx").startswith(f"{file} is not a table of numbers: ")
    assert sentence("é").startswith(f"{file} is not a table of numbers: ")
    levels = f"{file} must hold grey levels 0..16 and labels 0..9"
    assert sentence(f"17{row[1:]}") == levels
    assert sentence(f"{row[:-1]}10") == levels
    assert sentence(f"0.5{row[1:]}") == levels


def test_broken_subset(tmp_path):
    file = "fashion-mnist-subset.npz"
    stream = io.BytesIO()
    images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(2, np.uint8)
    np.savez(
        stream, train_images=images, train_labels=labels, test_images=images, test_labels=labels
    )
    assert broken(tmp_path, "fashion-mnist-subset", file, stream.getvalue()) == (
        f"{file} holds images that are uint8 of shape (3, 28, 28) and labels that are uint8 "
        "of shape (2,)"
    )
    for data in (b"", b"PK\3\4 and no more"):
        text = broken(tmp_path, "fashion-mnist-subset", file, data)
        assert text.startswith(f"{file} cannot be read: ")
