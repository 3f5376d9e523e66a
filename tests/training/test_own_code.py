"""Networks and data sets in files of one's own: the rules, and what is refused at once."""

import re
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from stochastic.training import Configuration, Run
from stochastic.training.python_files import file_digest
from tests.support.small_runs import KilledError, bits, killed_after, same

EXAMPLE = Path(__file__).parents[2] / "examples" / "my_nets.py"

pytestmark = pytest.mark.slow

FILE = """
import torch
from torch import nn
from torch.utils.data import Dataset

number = 3

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(9, 2)
    def forward(self, images):
        return self.last(images.flatten(1))

class Wide(Plain):
    def __init__(self, width):
        super().__init__()

class Three(Plain):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(9, 3)

class Needy(Plain):
    def __init__(self, depth):
        super().__init__()

class Empty(nn.Module):
    def forward(self, images):
        return images.flatten(1)[:, :2]

class Normed(Plain):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(9)
    def forward(self, images):
        return self.last(self.norm(images.flatten(1)))

class Lazy(Plain):
    def __init__(self):
        super().__init__()
        self.last = nn.LazyLinear(2)

class Detached(Plain):
    def forward(self, images):
        return super().forward(images).detach()

class Squeezed(Plain):
    def forward(self, images):
        return super().forward(images).squeeze()

class Dropped(Plain):
    def forward(self, images):
        return super().forward(nn.functional.dropout(images, 0.5))

class Viewed(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 2, 2)
        self.last = nn.Linear(8, 2)
    def forward(self, images):
        images = self.first(images)
        return self.last(images.view(len(images), -1))

class Data(Dataset):
    shape = (1, 3, 3)
    def __init__(self, train):
        self.train = train
    def __len__(self):
        return 8
    def __getitem__(self, i):
        return torch.full(self.shape, i / 8), i % 2

class Large(Data):
    shape = (1, 33, 40)

class Rooted(Data):
    def __init__(self, train, root=None):
        assert root is None or root.endswith("files")
        super().__init__(train)

class OtherShape(Data):
    def __getitem__(self, i):
        return torch.zeros((1, 3, 3) if self.train or i < 5 else (1, 4, 3)), 0

class Flat(Data):
    shape = (3, 3)

class Late(Data):
    def __getitem__(self, i):
        return super().__getitem__(i)[0], i % 2 if self.train else 2

class Listed(Data):
    classes = ["a", "b"]
    def __getitem__(self, i):
        return super().__getitem__(i)[0], -1

class Words(Data):
    def __getitem__(self, i):
        return super().__getitem__(i)[0], "a"

class Broken(Data):
    def __getitem__(self, i):
        raise KeyError("gone")

class Nan(Data):
    def __getitem__(self, i):
        return torch.full((1, 3, 3), float("nan")), 0

class None_(Data):
    def __len__(self):
        return 0
"""


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A folder with a file of classes, as the current directory."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "mine.py").write_text(FILE)
    monkeypatch.chdir(folder)
    return folder


def settings(model="mine.py:Plain", dataset="mine.py:Data", **changes):
    small = {"batch_size": 4, "epochs": 2, "lr": 0.01}
    return Configuration(model=model, dataset=dataset, **(small | changes))


@pytest.mark.parametrize(
    ("model", "dataset", "changes", "sentence"),
    [
        ("mine.py", None, {}, "a class in a file is named as FILE.py:CLASS, not 'mine.py'"),
        ("no.py:Net", None, {}, "file no.py cannot be read: No such file or directory"),
        ("mine.py:Net", None, {}, "mine.py has no class Net"),
        (
            "mine.py:number", None, {},
            "number in mine.py must be a torch.nn.Module, not a int",
        ),
        (
            "mine.py:Data", None, {},
            "Data in mine.py must be a torch.nn.Module, not a class of Dataset",
        ),
        ("mine.py:Needy", None, {}, "mine.py:Needy cannot be made with (): Needy.__init__()"),
        ("mine.py:Empty", None, {}, "mine.py:Empty has no parameters to train"),
        (
            "mine.py:Plain", None, {"width": 0.5},
            "mine.py:Plain takes no width, so that it must be 1, not 0.5",
        ),
        (
            "mine.py:Three", None, {},
            "mine.py:Three must give logits of shape [2, 2] for images of shape "
            "[2, 1, 3, 3], not [2, 3]",
        ),
        (
            "mine.py:Lazy", None, {},
            "mine.py:Lazy must give every parameter a shape when it is made, unlike "
            "last.weight of a lazy layer",
        ),
        (
            "mine.py:Detached", None, {},
            "mine.py:Detached must give logits with a gradient in training mode, but "
            "autograd leads from them to no parameter",
        ),
        # The eighth image of the test is alone in its batch.
        (
            "mine.py:Squeezed", None, {"batch_size": 7},
            "mine.py:Squeezed must give logits of shape [1, 2] for images of shape "
            "[1, 1, 3, 3], not [2]",
        ),
        (
            "vgg16", "mine.py:Large", {},
            "vgg16 takes images of up to 32 x 32, not 33 x 40",
        ),
        (
            "mine.py:Normed", None, {"batch_size": 1},
            "mine.py:Normed does not take images of shape [1, 1, 3, 3]: Expected more than 1",
        ),
        (
            "mine.py:Plain", "fashion-mnist-subset", {},
            "mine.py:Plain does not take images of shape [2, 1, 28, 28]: mat1 and mat2",
        ),
        (
            None, "mine.py:Plain", {},
            "Plain in mine.py must be a torch.utils.data.Dataset, not a class of Module",
        ),
        (
            None, "mine.py:OtherShape", {},
            "image 5 of mine.py:OtherShape(train=False) is float32 of shape [1, 4, 3], not "
            "float32 of shape [1, 3, 3] as the first training image",
        ),
        (
            None, "mine.py:Flat", {},
            "image 0 of mine.py:Flat(train=True) must be uint8 or floats of shape [channels, "
            "height, width], not float32 of shape [3, 3]",
        ),
        (
            None, "mine.py:Late", {},
            "label 0 of mine.py:Late(train=False) must be between 0 and 1, not 2",
        ),
        (
            None, "mine.py:Listed", {},
            "label 0 of mine.py:Listed(train=True) must be between 0 and 1, not -1",
        ),
        (
            None, "mine.py:Words", {},
            "label 0 of mine.py:Words(train=True) must be an integer, not 'a'",
        ),
        (
            None, "mine.py:Broken", {},
            "item 0 of mine.py:Broken(train=True) must be an image and a label: 'gone'",
        ),
        (
            None, "mine.py:Nan", {},
            "image 0 of mine.py:Nan(train=True) holds a value that is not finite",
        ),
        (None, "mine.py:None_", {}, "mine.py:None_(train=True) holds no image"),
        (
            None, "mine.py:Data", {"augment": True},
            "augment is for the data sets fashion-mnist-subset, fashion-mnist, cifar-10, and "
            "for one of your own whose class has mirrors = True, not for mine.py:Data",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_before_anything_is_made(
    code, tmp_path, model, dataset, changes, sentence
):
    out = tmp_path / "run"
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        Run(out, settings(model or "mine.py:Plain", dataset or "mine.py:Data", **changes))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_a_file_that_does_not_run_is_refused(code, tmp_path):
    for text, reason in (("x = = 1", "SyntaxError: "), ("import no_such", "ModuleNotFound")):
        Path("bad.py").write_text(text)
        with pytest.raises(ValueError, match=rf"^bad\.py cannot be run: {reason}"):
            Run(tmp_path / "run", settings("bad.py:Net"))


def test_arguments_are_those_that_a_class_takes(code, tmp_path):
    wide = Run(tmp_path / "wide", settings("mine.py:Wide", width=0.5))
    assert wide.configuration.width == 0.5
    (tmp_path / "files").mkdir()
    rooted = settings(dataset="mine.py:Rooted")
    Run(tmp_path / "rooted", rooted, data_directory=tmp_path / "files")
    with pytest.raises(FileNotFoundError, match=r"^there is no directory no$"):
        Run(tmp_path / "none", rooted, data_directory="no")


def test_a_network_without_single_images_may_squeeze(code, tmp_path):
    assert len(Run(tmp_path / "run", settings("mine.py:Squeezed")).train()) == 2


def test_a_network_may_view_its_images_in_the_default_order(code, tmp_path):
    assert len(Run(tmp_path / "run", settings("mine.py:Viewed")).train()) == 2


def test_a_file_may_import_what_lies_beside_it(code, tmp_path):
    Path("beside_mine.py").write_text("SIZE = 9")
    text = FILE.replace("number = 3", "from beside_mine import SIZE as number")
    Path("mine.py").write_text(text)
    assert not Run(tmp_path / "run", settings()).done


@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_a_changed_file_ends_a_run(code, tmp_path, kind):
    Path("other.py").write_text(FILE)
    words = {kind: "other.py:Plain" if kind == "model" else "other.py:Data"}
    Run(tmp_path / "run", settings(**words))
    Path("other.py").write_text(FILE + "\n# Another line.\n")
    again = "began: put it back as it was, or begin in another folder$"
    with pytest.raises(ValueError, match=rf"^other\.py has changed since the run {again}"):
        Run(tmp_path / "run")
    where = re.escape(str(tmp_path / "run"))
    with pytest.raises(ValueError, match=f"changed since the run in {where} {again}"):
        Run(tmp_path / "run", settings(**words))


def test_a_checkpoint_of_other_images_is_refused(code, tmp_path):
    """The file is the same, but what it reads is not."""
    Path("numbers.txt").write_text("0.5")
    text = FILE.replace("i / 8", "float(open('numbers.txt').read())")
    Path("mine.py").write_text(text)
    with pytest.raises(KilledError):
        Run(tmp_path / "run", settings()).train(killed_after(1), checkpoint_seconds=0)
    assert Run(tmp_path / "run").trainer.step == 1
    Path("numbers.txt").write_text("0.25")
    with pytest.raises(
        ValueError,
        match=r"checkpoint\.pt is of a run on other images than those that mine\.py:Data "
        "holds now$",
    ):
        Run(tmp_path / "run")


def test_a_checkpoint_of_another_data_set_is_refused(code, tmp_path):
    with pytest.raises(KilledError):
        Run(tmp_path / "one", settings()).train(killed_after(1), checkpoint_seconds=0)
    Run(tmp_path / "two", settings(dataset="mine.py:Rooted"))
    content = (tmp_path / "one" / "checkpoint.pt").read_bytes()
    (tmp_path / "two" / "checkpoint.pt").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"is of a run with dataset mine\.py:Data, not mine\.py:Rooted$"
    ):
        Run(tmp_path / "two")


def test_dropout_goes_on_with_the_same_bits(tmp_path):
    configuration = Configuration(
        model=f"{EXAMPLE}:Net", dataset=f"{EXAMPLE}:Shapes", images=256, augment=True,
        width=0.25, epochs=2, seed=5,
    )  # fmt: skip
    whole = Run(tmp_path / "whole", configuration)
    # What is drawn elsewhere changes nothing.
    torch.rand(7)
    whole.train()
    for number in (1, 6):
        folder = tmp_path / str(number)
        with pytest.raises(KilledError):
            Run(folder, configuration).train(killed_after(number), checkpoint_seconds=0)
        again = Run(folder)
        again.train()
        assert same(bits(again), bits(whole))
    generator = torch.get_rng_state()
    other = Run(tmp_path / "other", configuration.replace(seed=6))
    assert not torch.equal(torch.get_rng_state(), generator)
    generator = torch.get_rng_state()
    other.train()
    assert torch.equal(torch.get_rng_state(), generator)
    assert not same(bits(other), bits(whole))


def test_tests_go_on_with_the_same_bits(code, tmp_path):
    """A network that drops in evaluation mode, too."""
    longer = settings("mine.py:Dropped", epochs=4)
    whole = Run(tmp_path / "whole", longer).train()
    with pytest.raises(KilledError):
        Run(tmp_path / "run", longer).train(killed_after(5), checkpoint_seconds=0)
    found = Run(tmp_path / "run").train()
    assert [e.test_accuracy for e in found] == [e.test_accuracy for e in whole]


def test_digests_are_of_the_files_and_not_of_runs_without(code):
    own = settings()
    assert own.model_digest == own.dataset_digest == file_digest("mine.py:Plain")
    text = own.to_json()
    Path("mine.py").write_text(FILE + "\n")
    # What a run stored is read without its files.
    assert Configuration.from_json(text) == own
    assert settings().digest != own.digest
    # From a version that had no files of one's own.
    assert Configuration().digest == "cf4e969399938298"
    with pytest.raises(ValueError, match="^model_digest is for a file, not for the model vgg"):
        Configuration(model_digest="0123456789abcdef")


def test_images_are_normalized_as_floats_too(code):
    from stochastic.training.own_datasets import load_own

    data = load_own("mine.py:Data", code, file_digest("mine.py:Data"))
    train, test = data.normalized()
    assert train.shape == test.shape == (8, 1, 3, 3)
    values = np.arange(8) / 8
    expected = (values - values.mean()) / values.std()
    assert train[:, 0, 0, 0] == pytest.approx(expected, rel=1e-6)
    assert data.test_labels.tolist() == [0, 1] * 4
    assert data.classes == 2
