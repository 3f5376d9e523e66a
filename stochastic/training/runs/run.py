"""A training run in a folder, with configuration, checkpoints and results; it resumes."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from fixedpoint import WordReader
from fixedpoint.circuit import Parameters, check_integer
from fixedpoint.circuit.checks import shown
from fixedpoint.circuit.files import check_directory, remove_unfinished, writing
from fixedpoint.circuit.folder_lock import sole_writer
from fixedpoint.layers import CrossEntropy, with_roles
from fixedpoint.layers.training.base import RoleLayer

from ..datasets import Dataset
from ..networks.memory_formats import fastest_format
from ..optimizers.layerwise_rates import layerwise_groups
from ..optimizers.optimizer_registry import OPTIMIZERS
from ..python_files import first_line, in_file
from ..schedules.schedule_registry import SCHEDULES
from .configuration import Configuration
from .epoch import Epoch
from .images import check_batch, load_images
from .network import make_network
from .recorder import Recorder, load_records, save_records
from .stored_configuration import check_same_run, code_directory_of, read_configuration
from .trainer import Trainer
from .training_roles import training_roles, words_of_seed

__all__ = ["Run"]


class Run:
    """One training run and its folder.

    The folder holds ``configuration.json``; ``epochs.csv``, one row per epoch;
    ``checkpoint.pt``; ``records.npz``, the recorded optimizer steps, if there are any; and for
    a run in fixed point ``formats.csv``, the formats to which each layer rounded in the last
    step of every epoch. Every file is written atomically. An interrupted run continues from
    its last checkpoint when it is started again, and ends with the bits of an uninterrupted
    run.

    Parameters
    ----------
    folder : path
        Created if it does not exist.
    configuration : Configuration, optional
        By default that of the run in the folder.
    data_directory : path, optional
        Directory of the data set's files, if it needs any.
    record : iterable of int, optional
        Steps to record, from 0; negative numbers count from the end. Only steps of circuit
        optimizers can be recorded. None stands for the second and the last step of a circuit
        optimizer, and for no step of another one.
    code_directory : path, optional
        Where the files of classes of one's own are looked for. By default where
        `goldstream train` was called, or the current directory.

    Attributes
    ----------
    configuration : Configuration
    code_directory : pathlib.Path
    trainer : Trainer
        Holds the network, the optimizer, and the results so far.
    saved : int
        Number of the steps that the checkpoint on the disk holds.

    Raises
    ------
    ValueError
        If the folder cannot be written, holds a run of another configuration, of other
        images or a corrupt file, or for the reasons of `Configuration`, `load`, `load_own`
        and `make_network`. Nothing is changed then.
    FileNotFoundError
        If neither the folder nor the caller gives a configuration, or if a file of the data
        set or of a class of one's own is missing.
    """

    def __init__(
        self,
        folder: str | Path,
        configuration: Configuration | None = None,
        *,
        data_directory: str | Path | None = None,
        record: Iterable[int] | None = (),
        code_directory: str | Path | None = None,
    ) -> None:
        self.folder = Path(folder)
        stored = read_configuration(self.folder)
        if configuration is None:
            if stored is None:
                raise FileNotFoundError(
                    f"{self.folder} holds no run: there is no configuration"
                )
            configuration = stored
        check_same_run(stored, configuration, self.folder)
        self.configuration = configuration
        if code_directory is None:
            code_directory = code_directory_of(self.folder)
        self.code_directory = Path(code_directory)
        data = load_images(configuration, data_directory, self.code_directory)
        check_batch(data, configuration)
        self._data = data.digest()
        self._record = None if record is None else tuple(record)
        self._words = WordReader(words_of_seed(configuration.seed))
        self._formats: list[tuple[int, str, str, str]] = []
        self.trainer = self._make_trainer(data)
        self._resumed_from = self._checkpoint_state()
        self._resume()
        self.saved = self.trainer.step
        check_directory(self.folder)
        if stored != configuration:
            with sole_writer(self.folder):
                # Another process may have been faster.
                check_same_run(read_configuration(self.folder), configuration, self.folder)
                with writing(self.folder / "configuration.json") as file:
                    json.dump(configuration.to_dict(), file, indent=2)
                    file.write("\n")

    @property
    def checkpoint(self) -> Path:
        """File from which the run continues."""
        return self.folder / "checkpoint.pt"

    @property
    def records(self) -> Path:
        """File of the recorded steps."""
        return self.folder / "records.npz"

    @property
    def steps(self) -> int:
        """Number of steps of the whole run."""
        return self.configuration.epochs * self.trainer.steps_per_epoch

    @property
    def done(self) -> bool:
        """Whether all epochs are finished."""
        return len(self.trainer.results) == self.configuration.epochs

    def _make_trainer(self, data: Dataset) -> Trainer:
        settings = self.configuration
        torch.set_num_threads(settings.threads)
        if settings.device == "cuda":
            # A fixed order of sums, so that the same run gives the same bits.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)
        torch.manual_seed(settings.seed)
        model = make_network(settings, data, self.code_directory)
        model = model.to(settings.device)
        memory_format = torch.contiguous_format
        # Networks of one's own may call `view`, which needs the default format.
        if not in_file(settings.model):
            memory_format = fastest_format(model)
            model = model.to(memory_format=memory_format)  # type: ignore[call-overload]
        loss: Callable[..., torch.Tensor] = functional.cross_entropy
        if settings.formats is not None:
            roles = training_roles(settings.formats)
            model = with_roles(model, roles, bits=self._words)
            loss = CrossEntropy(roles, bits=self._words)
        named = list(model.named_parameters())
        assert settings.lr is not None  # The configuration has set the default.
        optimizer = OPTIMIZERS[settings.optimizer].make(
            layerwise_groups(named, settings.lr) if settings.layerwise else named,
            lr=settings.lr,
            momentum=settings.momentum,
            **settings.options,
        )
        steps_per_epoch = len(data.train_labels) // settings.batch_size
        steps = settings.epochs * steps_per_epoch
        circuit = OPTIMIZERS[settings.optimizer].circuit
        record = self._record
        if record is None:
            record = (min(1, steps - 1), -1) if circuit else ()
        for step in record:
            if not -steps <= step < steps:
                raise ValueError(
                    f"steps to record must be between {-steps} and {steps - 1}, not {step}"
                )
        if record and not circuit:
            raise ValueError(
                f"the optimizer {settings.optimizer} is no circuit: no step can be recorded"
            )
        return Trainer(
            model,
            data,
            optimizer,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            seed=settings.seed,
            schedule=SCHEDULES[settings.schedule](optimizer, steps),
            recorder=Recorder(s % steps for s in record) if record else None,
            device=settings.device,
            memory_format=memory_format,
            loss=loss,
            augment=settings.seed if settings.augment else None,
        )

    def _resume(self) -> None:
        if not self.checkpoint.exists():
            return
        try:
            # torch does not check the archive's checksums.
            with zipfile.ZipFile(self.checkpoint) as archive:
                for part in archive.infolist():
                    # Then nothing in it takes more memory than the file.
                    if part.compress_type != zipfile.ZIP_STORED:
                        raise ValueError(f"{part.filename} in it is compressed")
                damaged = archive.testzip()
            if damaged is not None:
                raise ValueError(f"{damaged} in it is damaged")
            state = torch.load(self.checkpoint, weights_only=True)
            saved = Parameters.from_json(state["configuration"])
            if not isinstance(saved, Configuration):
                raise ValueError(f"its configuration is one of {type(saved).__name__}")
        except Exception as error:
            # A truncated archive can raise anything.
            reason = first_line(error)
            raise ValueError(f"{self.checkpoint} is not a checkpoint: {reason}") from None
        same_length = saved.replace(epochs=self.configuration.epochs)
        if same_length != self.configuration:
            raise ValueError(
                f"{self.checkpoint} is of a run with "
                f"{same_length.difference(self.configuration)}"
            )
        # Checkpoints of earlier versions do not tell their images.
        if state.get("data", self._data) != self._data:
            raise ValueError(
                f"{self.checkpoint} is of a run on other images than those that "
                f"{saved.dataset} holds now"
            )
        try:
            self.trainer.load_state_dict(state["trainer"])
            self._words.position = check_integer("words", state.get("words", 0), 0, 1 << 62)
            self._formats = [_format_row(row) for row in state.get("formats", [])]
        except Exception as error:
            # So can an archive with other contents.
            reason = first_line(error)
            raise ValueError(f"{self.checkpoint} cannot be used: {reason}") from None
        recorder = self.trainer.recorder
        if recorder is not None and self.records.exists():
            circuit, records = load_records(self.records, self.configuration.digest)
            if circuit != self.trainer.optimizer.circuit:  # type: ignore[attr-defined]
                raise ValueError(f"{self.records} holds records of another circuit")
            recorder.records = [r for r in records if r.step < self.trainer.step]
        if recorder is not None and self._record is not None:
            recorded = {record.step for record in recorder.records}
            for step in sorted(recorder.steps - recorded):
                if step < self.trainer.step:
                    raise ValueError(
                        f"steps to record must be {self.trainer.step} or later, where the run "
                        f"goes on, not {step}"
                    )

    def _save(self) -> None:
        run = self.configuration.digest
        state = {
            "configuration": self.configuration.to_json(),
            "run": run,
            "data": self._data,
            "trainer": self.trainer.state_dict(),
            "words": self._words.position,
            "formats": self._formats,
        }
        with writing(self.checkpoint, "wb") as file:
            torch.save(state, file)
        self._resumed_from = self._checkpoint_state()
        self.saved = self.trainer.step
        if self.configuration.formats is not None:
            with writing(self.folder / "formats.csv") as file:
                rows = csv.writer(file)
                rows.writerow(("epoch", "layer", "point", "format", "run"))
                rows.writerows((*row, run) for row in self._formats)
        with writing(self.folder / "epochs.csv") as file:
            rows = csv.writer(file)
            rows.writerow([*(field.name for field in dataclasses.fields(Epoch)), "run"])
            rows.writerows((*dataclasses.astuple(epoch), run) for epoch in self.trainer.results)

    def _collect_formats(self, epoch: int) -> None:
        """Collect the formats to which the layers rounded in the last step of an epoch."""
        for name, layer in (*self.trainer.model.named_modules(), ("loss", self.trainer.loss)):
            if isinstance(layer, RoleLayer):
                for point, fmt in layer.formats.items():
                    self._formats.append((epoch, name, point, str(fmt)))

    def train(
        self,
        progress: Callable[[int, list[Epoch]], None] | None = None,
        *,
        checkpoint_seconds: float = 60.0,
    ) -> list[Epoch]:
        """Perform the remaining steps.

        Parameters
        ----------
        progress : callable, optional
            Called after every step with the number of steps done and the epochs done.
        checkpoint_seconds : float
            Time between two checkpoints. There is also one after every epoch.

        Returns
        -------
        list of Epoch
            All epochs of the run.

        Raises
        ------
        ValueError
            If another process writes to the folder.

        Notes
        -----
        A `KeyboardInterrupt` that `progress` raises ends the training after a checkpoint.
        """
        with sole_writer(self.folder):
            if self._checkpoint_state() != self._resumed_from:
                raise ValueError(
                    f"{self.folder} was written to by another process meanwhile: start again"
                )
            remove_unfinished(self.folder)
            return self._train(progress, checkpoint_seconds)

    def _checkpoint_state(self) -> tuple[int, int] | None:
        """Return what changes with every checkpoint; None if there is none."""
        try:
            status = self.checkpoint.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def _train(
        self, progress: Callable[[int, list[Epoch]], None] | None, checkpoint_seconds: float
    ) -> list[Epoch]:
        # Another run may have been made since.
        torch.set_num_threads(self.configuration.threads)
        trainer, recorder = self.trainer, self.trainer.recorder
        saved, epochs = time.monotonic(), len(trainer.results)
        recorded = 0 if recorder is None else len(recorder.records)
        for step in trainer.steps():
            if recorder is not None and len(recorder.records) > recorded:
                # The records before a checkpoint must be on the disk when it is written.
                recorded = len(recorder.records)
                circuit = trainer.optimizer.circuit  # type: ignore[attr-defined]
                save_records(self.records, circuit, recorder.records, self.configuration.digest)
            if step % trainer.steps_per_epoch == 0:
                self._collect_formats(step // trainer.steps_per_epoch)
            due = time.monotonic() - saved >= checkpoint_seconds
            if due or len(trainer.results) > epochs:
                self._save()
                saved, epochs = time.monotonic(), len(trainer.results)
            if progress is not None:
                try:
                    progress(step, trainer.results)
                except KeyboardInterrupt:
                    self._save()
                    raise
        self._save()
        if progress is not None:
            progress(trainer.step, trainer.results)
        return trainer.results


def _format_row(row: Any) -> tuple[int, str, str, str]:
    """Return a row of ``formats.csv`` after a check."""
    epoch, layer, point, fmt = row
    if not all(isinstance(text, str) for text in (layer, point, fmt)):
        raise TypeError(f"formats must name layer, point and format, not {shown(row)}")
    return check_integer("epoch of formats", epoch, 1, 1 << 20), layer, point, fmt
