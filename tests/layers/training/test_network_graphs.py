"""Networks in roles: residuals, shared layers, sums in place."""

import copy
import operator

import pytest

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn import functional

from fixedpoint.layers import CrossEntropy, Role, Roles, with_roles
from fixedpoint.layers.training.addition import RoleFork, RoleSum
from fixedpoint.layers.training.base import RoleLayer
from stochastic import Lfsr
from stochastic.training import NETWORKS, training_roles
from tests.support.role_oracle import numbers
from tests.support.small_networks import GRAPHS
from tests.support.training_roles import EIGHT

# The kernels take long to compile.
pytestmark = pytest.mark.slow


class Blocks(nn.Module):
    """Residuals of all kinds: of a layer, of a tensor with itself, of functions."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.norm(self.first(x)))
        x = self.relu(x + self.second(x))
        x = x + x
        x = functional.dropout(functional.avg_pool2d(x, 2), 0.25, training=self.training)
        x += functional.relu(x, inplace=True)
        return self.last(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))


def test_a_network_of_residuals_and_functions():
    torch.manual_seed(0)
    model = Blocks()
    before = copy.deepcopy(model.state_dict())
    other = EIGHT.replace(weight=Role(width=16))
    made = with_roles(model, EIGHT, layers={"second": other, "add_1": other})
    assert list(made.state_dict()) == list(model.state_dict())
    kinds = [type(m).__name__ for m in made.modules() if isinstance(m, RoleLayer)]
    assert sorted(kinds) == sorted(
        ["RoleConv2d"] * 2 + ["RoleNorm", "RoleLinear", "RoleDropout"] + ["RoleMean"] * 2
        + ["RoleSum"] * 3 + ["RoleFork"] * 3
    )  # fmt: skip
    x = numbers(1, 6, 1, 8, 8)
    CrossEntropy(EIGHT)(made(x), torch.arange(6) % 3).backward()
    widths = {name: layer.formats["weight"].width for name, layer in made.named_modules()
              if isinstance(layer, RoleLayer) and "weight" in layer.formats}  # fmt: skip
    assert widths == {"first": 8, "norm": 8, "second": 16, "last": 8}
    assert made.training and model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    # In evaluation dropout does nothing, also that of a function.
    made.eval()
    with torch.no_grad():
        assert torch.equal(made(x), made(x))


def test_shared_layers_are_replaced_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(functional.relu(self.layer(x)))

    made = with_roles(Twice(), EIGHT)
    x = numbers(1, 4, 3)
    made(x).sum().backward()
    kinds = [type(m).__name__ for m in made.modules() if isinstance(m, RoleLayer)]
    assert kinds == ["RoleLinear"]
    assert bool(made.layer.weight.grad.any())


@pytest.mark.parametrize("name", GRAPHS)
def test_networks_of_all_forms_are_nearly_those_in_float(name):
    model = copy.deepcopy(GRAPHS[name])
    fine = Role(width=20)
    made = with_roles(model, Roles(weight=fine, activation=fine, error=fine, gradient=fine))
    assert set(made.state_dict()) == set(model.state_dict())
    model.load_state_dict(copy.deepcopy(made).state_dict())
    plain, mine = (numbers(1, 2, 3, 4, 4).requires_grad_(True) for _ in range(2))
    expected, found = model(plain * 1.0), made(mine * 1.0)
    sent = numbers(2, *found.shape)
    expected.backward(sent)
    found.backward(sent)
    # Steps of 20 bits of values below 16, of sums of 27 products of such errors.
    torch.testing.assert_close(found, expected, rtol=0, atol=27 * 2**-15)
    torch.testing.assert_close(mine.grad, plain.grad, rtol=0, atol=27 * 2**-15)
    gradients = dict(model.named_parameters())
    for key, parameter in made.named_parameters():
        if gradients[key].grad is None:
            assert parameter.grad is None
        else:
            wanted = gradients[key].grad
            torch.testing.assert_close(parameter.grad, wanted, rtol=1e-3, atol=32 * 2**-14)


def test_sums_in_place_are_traced_as_such():
    made = with_roles(GRAPHS["sum in place"], EIGHT)
    assert [name for name, m in made.named_modules() if isinstance(m, RoleSum)] == [
        "add", "add_1",
    ]  # fmt: skip
    assert operator.iadd not in {node.target for node in made.graph.nodes}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_addition_and_fork_of_a_network_is_in_roles(name):
    torch.manual_seed(1)
    made = with_roles(NETWORKS[name](width=0.05), training_roles("8-bit"), bits=Lfsr(width=17))
    made(torch.randn(2, 1, 28, 28)).sum().backward()
    kinds = [type(m) for m in made.modules()]
    # Eight residual blocks, and seventeen of which those of stride 2 add nothing.
    sums = {"vgg16": 0, "resnet18": 8, "mobilenetv2": 14}[name]
    assert kinds.count(RoleSum) == kinds.count(RoleFork) == sums
    for layer in made.modules():
        if isinstance(layer, RoleSum):
            assert {"addend", "sum", "error"} == set(layer.formats)
