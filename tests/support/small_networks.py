"""Small networks of every form that is traced."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn import functional


class Of(nn.Module):
    """A network of a function of itself and what it takes."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        return self.function(self, x)


def conv():
    return nn.Conv2d(3, 3, 3, padding=1)


def added(self, x):
    x = y = self.conv(x)
    x += functional.relu(y)
    return x + y


SHARED = conv()


GRAPHS = {
    "method as a layer": Of(lambda m, x: m.conv(m.relu(x)).relu(), conv=conv(), relu=nn.ReLU()),
    "function as a layer": Of(lambda m, x: m.add(x) + x, add=conv()),
    "layer as a fork": Of(lambda m, x: m.x_fork(x) + x, x_fork=conv()),
    "keywords": Of(
        lambda m, x: torch.add(input=m.one(input=x), other=m.two(x)), one=conv(), two=conv()
    ),
    "pools": Of(lambda m, x: functional.max_pool2d(functional.avg_pool2d(x, kernel_size=2), 2)),
    "thrice": Of(lambda m, x: m.conv(x) + x + x, conv=conv()),
    "layer in place": Of(
        lambda m, x: (lambda y: m.relu(y) + y)(m.conv(x)), conv=conv(), relu=nn.ReLU(True)
    ),
    "function in place": Of(
        lambda m, x: (lambda y: functional.relu(y, True) + y)(m.conv(x)), conv=conv()
    ),
    "method in place": Of(lambda m, x: (lambda y: y.relu_() + y)(m.conv(x)), conv=conv()),
    "method that adds": Of(lambda m, x: (lambda y: y.add_(x) + y)(m.conv(x)), conv=conv()),
    "sum in place": Of(added, conv=conv()),
    "copy of the start": Of(
        lambda m, x: (lambda y: functional.relu(y) + y.relu_())(m.conv(x)), conv=conv()
    ),
    "layer not called": Of(lambda m, x: m.conv(x), conv=conv(), other=nn.Sequential(conv())),
    "layer of two names": Of(lambda m, x: m.two(m.one(x)), one=SHARED, two=SHARED),
}
