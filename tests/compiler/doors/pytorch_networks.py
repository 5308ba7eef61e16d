"""Small networks as people write them in PyTorch, by name: (module, shape of the input). Needs torch; see make_pytorch.py."""

import torch
import torch.nn.functional as functional
from torch import nn

IMAGE, ROW, STEPS = (1, 3, 8, 8), (1, 6), (1, 5, 3)
ACTIVATIONS = (
    "ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Softplus", "Softsign", "Sigmoid", "Tanh",
    "Hardsigmoid", "Hardswish", "Hardtanh", "LogSigmoid", "Tanhshrink",
)  # fmt: skip


class Function(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Residual(nn.Module):
    """Two convolutions, normalised, with a shortcut around the second."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8))
        self.last = nn.Linear(8, 5)

    def forward(self, x):
        x = self.first(x)
        x = functional.relu(x + self.second(x))
        return self.last(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Digits(nn.Module):
    """The example of PyTorch for MNIST, smaller: it ends in log_softmax."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.first, self.second = nn.Linear(4 * 5 * 5, 8), nn.Linear(8, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv(x)), 2)
        return functional.log_softmax(self.second(functional.relu(self.first(torch.flatten(x, 1)))), dim=1)


class Squeezed(nn.Module):
    """Channels weighed by what is in them."""

    def __init__(self, activation):
        super().__init__()
        self.conv, self.activation = nn.Conv2d(3, 8, 3, stride=2, padding=1), activation
        self.weight, self.last = nn.Conv2d(8, 8, 1), nn.Linear(8, 3)

    def forward(self, x):
        x = self.activation(self.conv(x))
        x = x * torch.sigmoid(self.weight(x.mean((2, 3), keepdim=True)))
        return self.last(x.mean((2, 3)))


class Recurrent(nn.Module):
    """The last step of a recurrent layer."""

    def __init__(self, kind, **options):
        super().__init__()
        self.layer = kind(3, 4, batch_first=True, **options)
        self.last = nn.Linear(8 if options.get("bidirectional") else 4, 2)

    def forward(self, x):
        return self.last(self.layer(x)[0][:, -1])


class Attention(nn.Module):
    """Two heads, a shortcut, a norm."""

    def __init__(self):
        super().__init__()
        self.heads, self.norm, self.last = (
            nn.MultiheadAttention(8, 2, batch_first=True),
            nn.LayerNorm(8),
            nn.Linear(8, 3),
        )

    def forward(self, x):
        return self.last(self.norm(x + self.heads(x, x, x, need_weights=False)[0]).mean(1))


def _shuffled(x):
    n, channels, height, width = x.shape
    x = x.view(n, 2, channels // 2, height, width).transpose(1, 2).reshape(n, channels, height, width)
    first, second = x.chunk(2, 1)
    return torch.cat([first, second * 2], 1)


def _layers() -> dict:
    """Networks of layers."""
    chain = nn.Sequential
    depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
    return {
        "digits": (Digits(), (1, 1, 12, 12)), "residual": (Residual(), IMAGE), "attention": (Attention(), (1, 5, 8)),
        "lstm": (Recurrent(nn.LSTM), STEPS), "gru": (Recurrent(nn.GRU), STEPS),
        "lstm_both_ways": (Recurrent(nn.LSTM, bidirectional=True), STEPS),
        "hard_swish": (Squeezed(nn.Hardswish()), IMAGE), "silu": (Squeezed(nn.SiLU()), IMAGE),
        "shuffle": (chain(nn.Conv2d(4, 8, 1, groups=2), Function(_shuffled)), (1, 4, 6, 6)),
        "decoder": (chain(nn.ConvTranspose2d(3, 4, 2, 2), nn.Upsample(scale_factor=2), nn.Conv2d(4, 1, 1), nn.Sigmoid()), IMAGE),
        "pixels": (chain(nn.Conv2d(3, 8, 3, padding=1), nn.PixelShuffle(2)), IMAGE),
        "unshuffled": (chain(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 1)), IMAGE),
        "padded": (chain(nn.ReflectionPad2d(1), nn.Conv2d(3, 4, 3), nn.ZeroPad2d(1)), IMAGE),
        "sound": (chain(nn.Conv1d(3, 8, 5, stride=2), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2), nn.AdaptiveAvgPool1d(1),
                        nn.Flatten(), nn.Linear(8, 2)), (1, 3, 40)),
        "depthwise": (chain(nn.Conv2d(3, 8, 1), depthwise, nn.BatchNorm2d(8), nn.ReLU6(), nn.AvgPool2d(2), nn.Flatten(),
                            nn.Linear(128, 3)), IMAGE),
        "dense": (chain(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 10), nn.Tanh(), nn.Linear(10, 3), nn.Softmax(1)), ROW),
        "layer_norm": (chain(nn.Linear(6, 8), nn.LayerNorm(8), nn.Linear(8, 2)), ROW),
        "group_norm": (chain(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8)), IMAGE),
        "instance_norm": (chain(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4, affine=True)), IMAGE),
        "prelu": (chain(nn.Conv2d(3, 4, 3), nn.PReLU(4)), IMAGE),
        "dilated": (chain(nn.Conv2d(3, 4, 3, dilation=2, padding=2), nn.ReLU()), IMAGE),
        "pools": (chain(nn.MaxPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(2, 1, count_include_pad=False), nn.Flatten()), IMAGE),
    }  # fmt: skip


def _functions() -> dict:
    """Networks of functions on tensors."""
    plain = {
        "scaled": (lambda x: (x - 0.5) / 0.25, IMAGE), "picked": (lambda x: x[:, 1], IMAGE),
        "flipped": (lambda x: x.flip(3), IMAGE),
        "cut": (lambda x: x[:, :, 1:-1, ::2], IMAGE), "repeated": (lambda x: x.repeat(1, 2), ROW),
        "sums": (lambda x: x.sum((2, 3)), IMAGE), "largest": (lambda x: x.amax((2, 3)), IMAGE),
        "smallest": (lambda x: x.amin(1), IMAGE),
        "variance": (lambda x: x.var(1), ROW), "unit": (lambda x: functional.normalize(x, dim=1), ROW),
        "powers": (lambda x: x**2 + x**3, ROW), "roots": (lambda x: torch.sqrt(x * x + 1) + torch.rsqrt(x * x + 1), ROW),
        "reciprocal": (lambda x: 1 / (x.abs() + 1), ROW), "clamped": (lambda x: x.clamp(-0.5, 0.5), ROW),
        "products": (lambda x: torch.bmm(x, x.transpose(1, 2)), STEPS), "logarithm": (lambda x: torch.log(1 + torch.exp(x)), ROW),
        "expanded": (lambda x: x.mean(1, keepdim=True).expand(-1, 6) + x, ROW),
    }  # fmt: skip
    return {name: (Function(function), shape) for name, (function, shape) in plain.items()}


def networks() -> dict:
    """All of them, with weights that are the same every time and statistics that look trained."""
    torch.manual_seed(0)
    activations = {each.lower(): getattr(nn, each)() for each in ACTIVATIONS} | {
        "gelu_by_tanh": nn.GELU(approximate="tanh")
    }
    dense = {name: (nn.Sequential(nn.Linear(6, 5), each, nn.Linear(5, 3)), ROW) for name, each in activations.items()}
    found = _layers() | _functions() | {f"dense_{name}": each for name, each in dense.items()}
    for module in (part for each, _ in found.values() for part in each.modules()):
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
    return found
