"""Modules and layers: parameters, and a call to an op."""

from bplib.nn.fixed import (
    ELU,
    GELU,
    AvgPool2d,
    Flatten,
    GlobalAvgPool2d,
    LeakyReLU,
    LogSoftmax,
    MaxPool2d,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from bplib.nn.layers import BatchNorm, Conv2d, ConvTranspose2d, Dropout, Embedding, LayerNorm, Linear
from bplib.nn.module import Module, Parameter
from bplib.nn.sequence import GRU, LSTM, RNN, MultiHeadAttention
from bplib.nn.summary import summary

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAvgPool2d",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MaxPool2d",
    "Module",
    "MultiHeadAttention",
    "Parameter",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "summary",
]
