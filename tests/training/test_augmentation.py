"""Augmentation: shifts and mirrors, as functions of seed, epoch and image alone."""

import collections

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from stochastic.training import Configuration, Run
from stochastic.training.augmentation import augment, mixed_bits
from tests.support.small_runs import SMALL, KilledError, bits, killed_after, same

IMAGES = torch.arange(3 * 2 * 5 * 6, dtype=torch.float32).reshape(3, 2, 5, 6)
BORDER = torch.tensor([-7.0, -9.0])


def results(image):
    """Return all 162 images that shifts and mirrors make of one, by their bytes."""
    made = {}
    for mirrored in (False, True):
        given = image[:, :, ::-1] if mirrored else image
        padded = np.stack(
            [
                np.pad(c, 4, constant_values=b)
                for c, b in zip(given, BORDER.tolist(), strict=True)
            ]
        )
        for down in range(9):
            for right in range(9):
                part = padded[:, down : down + 5, right : right + 6]
                made[part.tobytes()] = (mirrored, down, right)
    return made


def test_images_are_shifted_and_mirrored_in_all_ways_about_equally_often():
    made = results(IMAGES[0].numpy())
    assert len(made) == 162
    count = 16_200
    images = IMAGES[:1].expand(count, 2, 5, 6)
    out = augment(images, torch.arange(count), seed=3, epoch=1, border=BORDER)
    found = collections.Counter(made[image.numpy().tobytes()] for image in out)
    assert len(found) == 162
    # Chi-squared with 161 degrees of freedom has mean 161 and standard deviation 17.9.
    chi_squared = sum((n - 100) ** 2 / 100 for n in found.values())
    assert abs(chi_squared - 161) < 5 * (2 * 161) ** 0.5


def test_an_image_depends_on_seed_epoch_and_number_alone():
    numbers = torch.tensor([5, 700, 31])
    settings = {"seed": 2, "epoch": 4, "border": BORDER}
    together = augment(IMAGES, numbers, **settings)
    for i in (2, 0, 1):
        alone = augment(IMAGES[i : i + 1], numbers[i : i + 1], **settings)
        assert torch.equal(alone[0], together[i])
    images = IMAGES[:1].expand(200, 2, 5, 6)
    plain = augment(images, torch.arange(200), **settings)
    for other in ({"seed": 3}, {"epoch": 5}):
        changed = augment(images, torch.arange(200), **(settings | other))
        equal = (changed == plain).all(dim=(1, 2, 3)).sum()
        # One in 162 is equal by chance: 1.2 of 200, with standard deviation 1.1.
        assert equal < 1.2 + 5 * 1.1


def test_bits_are_those_of_splitmix64():
    # The first outputs of SplitMix64 with the state 0, from its authors' program.
    state, found = 0, []
    for expected in (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F):
        found.append((int(mixed_bits(state)), expected >> 1))
        state = state + 0x9E3779B97F4A7C15 & (1 << 64) - 1
        state -= (state >> 63) << 64
    assert [bits for bits, _ in found] == [expected for _, expected in found]


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bits(tmp_path):
    configuration = SMALL.replace(augment=True, epochs=2)
    whole = Run(tmp_path / "whole", configuration)
    whole.train()
    for number in (1, 5):
        folder = tmp_path / str(number)
        with pytest.raises(KilledError):
            Run(folder, configuration).train(killed_after(number), checkpoint_seconds=0)
        again = Run(folder)
        again.train()
        assert same(bits(again), bits(whole))
    plain = Run(tmp_path / "plain", configuration.replace(augment=False))
    plain.train()
    assert not same(bits(plain), bits(whole))


def test_digests_of_runs_without_it_are_as_before():
    # From a version that had no augmentation.
    assert Configuration().digest == "cf4e969399938298"
    assert Configuration(augment=True).digest != Configuration().digest


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_digits_are_not_mirrored(dataset):
    message = (
        "^augment is for the data sets fashion-mnist-subset, fashion-mnist, cifar-10, not for "
    )
    with pytest.raises(ValueError, match=message + dataset):
        Configuration(dataset=dataset, augment=True)
