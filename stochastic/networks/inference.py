"""Inference of many images in a folder that resumes."""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.archives import archive
from fixedpoint.circuit.files import check_directory, writing

from .convolutional_network import ConvolutionalStreamNetwork, WindowedLayer
from .stream_network import StreamNetwork

__all__ = ["Inference"]

# Seconds between two saves.
INTERVAL = 5.0
POINTS = 24


class Inference:
    """Labels of many images, and how the error falls from cycle to cycle.

    Parameters
    ----------
    folder : path
        Of ``progress.npz``, from which an interrupted inference continues, and of
        ``predictions.csv`` and ``error.png`` at its end.
    network : StreamNetwork or ConvolutionalStreamNetwork
    images : uint8 array ``[n, ...]``
    labels : int array ``[n]``

    Attributes
    ----------
    points : int array
        Numbers of cycles, 1..N, after which the sums so far are judged, too.
    done : int
        Number of finished images.
    seconds : float
        Time of the simulation, over all parts of an interrupted one.
    """

    def __init__(
        self,
        folder: str | Path,
        network: StreamNetwork | ConvolutionalStreamNetwork,
        images: ArrayLike,
        labels: ArrayLike,
    ) -> None:
        self.folder = Path(folder)
        self.network = network
        self.images, self.labels = np.asarray(images), np.asarray(labels)
        if self.images.dtype != np.uint8:
            raise TypeError(f"images must be uint8, not {self.images.dtype}")
        if not (self.images.ndim and self.labels.ndim == 1):
            raise ValueError(
                "images must be [n, ...] and labels [n], not of shapes "
                f"{self.images.shape} and {self.labels.shape}"
            )
        if len(self.images) != len(self.labels):
            raise ValueError(
                f"there are {len(self.images)} images and {len(self.labels)} labels"
            )
        check_integer("number of images", len(self.images), 1, 1 << 31)
        network.check_images(self.images)
        self._check_labels()
        self.points = np.unique(
            np.rint(np.geomspace(1, network.length, POINTS)).astype(np.int64)
        )
        classes = network.layers[-1].outputs
        self.sums = np.zeros((len(self.images), classes), np.int64)
        self.guesses = np.zeros((len(self.images), len(self.points)), np.int16)
        self.done, self.seconds = 0, 0.0
        self._digest = self._identity()
        check_directory(self.folder)
        if self.progress_file.exists():
            self._resume()

    def _check_labels(self) -> None:
        if not np.issubdtype(self.labels.dtype, np.integer):
            raise TypeError(f"labels must be integers, not {self.labels.dtype}")
        last = self.network.layers[-1].outputs - 1
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high > last:
            raise ValueError(
                f"labels must be between 0 and {last}, not {low if low < 0 else high}"
            )

    @property
    def progress_file(self) -> Path:
        """File from which the inference continues."""
        return self.folder / "progress.npz"

    def run(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Finish all images, write the files, and return the number of wrong labels.

        Parameters
        ----------
        progress : callable, optional
            Called with the numbers of finished and of wrong images.
        """
        begin = saved = time.perf_counter()
        before = self.seconds
        while self.done < len(self.images):
            part = slice(self.done, self.done + self.network.block)
            self._run_part(part)
            self.done = min(part.stop, len(self.images))
            now = time.perf_counter()
            self.seconds = before + now - begin
            if now - saved > INTERVAL or self.done == len(self.images):
                saved = now
                self._save()
            if progress is not None:
                progress(self.done, self.errors)
        self._write_table()
        self._draw()
        return self.errors

    @property
    def errors(self) -> int:
        """The number of finished images with a wrong label."""
        wrong = self.sums[: self.done].argmax(axis=1) != self.labels[: self.done]
        return int(wrong.sum())

    def errors_after(self) -> NDArray[np.int64]:
        """Return the number of wrong labels after each number of cycles in `points`."""
        return (self.guesses[: self.done] != self.labels[: self.done, None]).sum(axis=0)

    def _run_part(self, part: slice) -> None:
        last = len(self.network.layers) - 1
        numbers = {int(cycles) - 1: i for i, cycles in enumerate(self.points)}

        def judge(cycle: int, layer: int, values: NDArray[Any]) -> None:
            if layer == last and cycle in numbers:
                self.guesses[part, numbers[cycle]] = values.argmax(axis=1)

        self.sums[part] = self.network.run(self.images[part], trace=judge)

    def _identity(self) -> str:
        """Return a digest of all that determines the results."""
        digest = hashlib.sha256(repr((self.network.length, self.network.pixels)).encode())
        for part in self.network.layers:
            layer = part.layer if isinstance(part, WindowedLayer) else part
            if isinstance(part, WindowedLayer):
                digest.update(repr(part.window).encode())
            digest.update(repr((layer.range, layer.states, layer.width, layer.seed)).encode())
            digest.update(layer.codes.tobytes())
            if layer.faults is not None:
                digest.update(layer.faults.to_json().encode())
        for array in (self.images, self.labels):
            digest.update(repr((array.shape, array.dtype)).encode())
            digest.update(array.tobytes())
        return digest.hexdigest()

    def _save(self) -> None:
        with writing(self.progress_file, "wb") as file:
            np.savez(
                file,
                digest=np.array(self._digest),
                sums=self.sums[: self.done],
                guesses=self.guesses[: self.done],
                seconds=np.array(self.seconds),
            )

    def _resume(self) -> None:
        path = self.progress_file
        with (
            path.open("rb") as file,
            archive(file, f"{path} is no progress of an inference") as arrays,
        ):
            digest = str(arrays["digest"])
            sums, guesses = arrays["sums"], arrays["guesses"]
            seconds = float(arrays["seconds"])
        if digest != self._digest:
            raise ValueError(
                f"{self.folder} holds an inference of another network or of other images: "
                "give another folder"
            )
        self.done, self.seconds = len(sums), seconds
        self.sums[: self.done], self.guesses[: self.done] = sums, guesses

    def _write_table(self) -> None:
        with writing(self.folder / "predictions.csv") as file:
            table = csv.writer(file, lineterminator="\n")
            classes = self.sums.shape[1]
            table.writerow(
                ["image", "label", "predicted", *(f"sum{k}" for k in range(classes))]
            )
            for number, (label, sums) in enumerate(zip(self.labels, self.sums, strict=True)):
                table.writerow([number, int(label), int(sums.argmax()), *sums.tolist()])

    def _draw(self) -> None:
        # A figure of its own leaves the caller's pyplot and its backend alone.
        from matplotlib.figure import Figure

        errors = 100 * self.errors_after() / self.done
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        axes.plot(self.points, errors, marker="o", markersize=3)
        axes.set(
            xlabel="cycles", ylabel="misclassification (%)", xscale="log", yscale="log",
            title=f"{self.done} images, N = {self.network.length}: {errors[-1]:.2f} %",
        )  # fmt: skip
        axes.grid(alpha=0.3, which="both")
        with writing(self.folder / "error.png", "wb") as file:
            figure.savefig(file, dpi=120, format="png")
