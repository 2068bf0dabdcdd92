"""Data sets and what is done with them before training.

No network is needed for the sets that come with the library or are made on the spot; ``mnist``,
``fashion_mnist``, ``cifar10``, ``spoken_digits`` and ``sentence_polarity`` are fetched from their publishers
once and kept in the folder that BPLIB_DATA_HOME names.
"""

from bplib.data._audio import log_mel, mel_filterbank, spectrogram
from bplib.data._augment import random_crop, random_flip, random_shift
from bplib.data._cifar import cifar10
from bplib.data._dataset import Dataset
from bplib.data._digits import digits
from bplib.data._fetch import CorruptFileError, DataError, DownloadError, FetchOptions, data_home
from bplib.data._mnist import fashion_mnist, mnist
from bplib.data._points import blobs, ring_of_gaussians, spirals, symmetry, two_moons, xor
from bplib.data._polarity import sentence_polarity
from bplib.data._preprocess import MinMax, Standardize, one_hot
from bplib.data._sequences import (
    adding_problem,
    copy_task,
    seasonal_series,
    sine_waves,
    sliding_windows,
    sort_task,
)
from bplib.data._shapes import SHAPES, shapes, shapes_images
from bplib.data._speech import spoken_digits
from bplib.data._split import batches, train_test_indices, train_val_test_split
from bplib.data._text import Vocabulary, tokenise

__all__ = [
    "SHAPES",
    "CorruptFileError",
    "DataError",
    "Dataset",
    "DownloadError",
    "FetchOptions",
    "MinMax",
    "Standardize",
    "Vocabulary",
    "adding_problem",
    "batches",
    "blobs",
    "cifar10",
    "copy_task",
    "data_home",
    "digits",
    "fashion_mnist",
    "log_mel",
    "mel_filterbank",
    "mnist",
    "one_hot",
    "random_crop",
    "random_flip",
    "random_shift",
    "ring_of_gaussians",
    "seasonal_series",
    "sentence_polarity",
    "shapes",
    "shapes_images",
    "sine_waves",
    "sliding_windows",
    "sort_task",
    "spectrogram",
    "spirals",
    "spoken_digits",
    "symmetry",
    "tokenise",
    "train_test_indices",
    "train_val_test_split",
    "two_moons",
    "xor",
]
