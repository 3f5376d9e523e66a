"""The networks: published sizes, shapes, and gradients that reach every parameter."""

import pytest

torch = pytest.importorskip("torch")

from stochastic.training import NETWORKS, mobilenet_v2, resnet18, vgg16


def parameters(model):
    return sum(tensor.numel() for tensor in model.parameters())


# Sizes of the CIFAR-10 forms as they are known; VGG16's, 14,728,266, counts a bias for each
# of 4,224 channels, which batch normalization makes idle and which are not here.
@pytest.mark.parametrize(
    ("network", "known"),
    [(vgg16, 14_728_266 - 4_224), (resnet18, 11_173_962), (mobilenet_v2, 2_296_922)],
)
def test_full_size_networks_have_the_known_number_of_parameters(network, known):
    assert parameters(network(channels=3)) == known


@pytest.mark.parametrize("name", NETWORKS)
def test_fewer_image_channels_leave_out_just_their_weights(name):
    network = NETWORKS[name]
    first = next(network(channels=1).parameters()).shape[0]
    assert parameters(network(channels=3)) - parameters(network(channels=1)) == 2 * 9 * first


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [28, 32])
def test_logits_and_gradients_of_narrow_networks(name, size):
    torch.manual_seed(1)
    model = NETWORKS[name](channels=2, classes=7, width=1 / 16)
    logits = model(torch.randn(3, 2, size, size))
    assert logits.shape == (3, 7)
    logits.square().sum().backward()
    idle = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


@pytest.mark.parametrize("name", NETWORKS)
def test_the_narrowest_network_has_one_channel_a_layer(name):
    model = NETWORKS[name](width=1e-6).eval()
    assert model(torch.zeros(1, 1, 28, 28)).shape == (1, 10)
    convolutions = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
    assert min(c.out_channels for c in convolutions) == 1


def test_mobilenet_convolves_each_channel_by_itself():
    grouped = [
        m for m in mobilenet_v2().modules() if isinstance(m, torch.nn.Conv2d) and m.groups > 1
    ]
    assert len(grouped) == 17
    assert all(m.groups == m.in_channels == m.out_channels for m in grouped)


def test_resnet_blocks_add_their_input():
    block = resnet18(width=1 / 16)[3].eval()
    for tensor in block.body.parameters():
        torch.nn.init.zeros_(tensor)
    images = torch.randn(2, 4, 5, 5)
    assert torch.equal(block(images), images.relu())


@pytest.mark.parametrize("name", NETWORKS)
def test_sizes_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match="^width must be above 0 and at most 1, not 0$"):
        NETWORKS[name](width=0)
    with pytest.raises(ValueError, match="^channels must be between 1 and 4096, not 0$"):
        NETWORKS[name](channels=0)
