"""Ways to keep an array's memory: other arrays over it, and exports that are no arrays at all."""

from __future__ import annotations

import ctypes
import pickle
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from purenn.arrays import Whole

# Reads the bytes of what it keeps, and keeps nothing else.
Read = Callable[[], bytes]


def whole(array: Whole) -> Whole:
    return array[...]


def rows(array: Whole) -> Whole:
    return array[1:]


def every_other(array: Whole) -> Whole:
    return array[..., ::2]


def backwards(array: Whole) -> Whole:
    return array[::-1]


def transposed(array: Whole) -> Whole:
    return array.T


def flat(array: Whole) -> Whole:
    return array.reshape(-1)


def raw(array: Whole) -> Whole:
    return array.view(np.uint8)


def diagonal(array: Whole) -> Whole:
    return array if array.ndim < 2 else np.diagonal(array)


def broadcast(array: Whole) -> Whole:
    return np.broadcast_to(array, (2, *array.shape))


def strided(array: Whole) -> Whole:
    return as_strided(array, writeable=False)


def windows(array: Whole) -> Whole:
    return sliding_window_view(array, 2, axis=-1)


def over_buffer(array: Whole) -> Whole:
    return np.ndarray(array.shape, array.dtype, buffer=array.data)


def from_buffer(array: Whole) -> Whole:
    return np.frombuffer(array.data, array.dtype)


def from_dlpack(array: Whole) -> Whole:
    exported: object = np.from_dlpack(array)
    return np.asarray(exported)


def from_interface(array: Whole) -> Whole:
    return np.asarray(Interface(array))


# Of any array, and of arrays in C order alone.
VIEWS: tuple[Callable[[Whole], Whole], ...] = (
    *(whole, rows, every_other, backwards, transposed, flat, diagonal, broadcast, strided),
    *(windows, from_dlpack, from_interface),
)
CONTIGUOUS_VIEWS: tuple[Callable[[Whole], Whole], ...] = (*VIEWS, raw, over_buffer, from_buffer)


class Interface:
    """Something that is no array, keeps one, and shows its memory."""

    def __init__(self, array: Whole) -> None:
        self._array = array
        self.__array_interface__ = array.__array_interface__


class Struct:
    """Something that keeps nothing but the capsule of an array."""

    def __init__(self, array: Whole) -> None:
        self.__array_struct__ = array.__array_struct__


def interface(array: Whole) -> Read:
    held = Interface(array)
    return lambda: np.asarray(held).tobytes()


def struct(array: Whole) -> Read:
    held = Struct(array)
    return lambda: np.asarray(held).tobytes()


def memory_view(array: Whole) -> Read:
    return array.data.tobytes


def slice_of_memory_view(array: Whole) -> Read:
    return array.data[1:].tobytes


def pickle_buffer(array: Whole) -> Read:
    return pickle.PickleBuffer(array.data).raw().tobytes


def pickled_out_of_band(array: Whole) -> Read:
    buffers: list[pickle.PickleBuffer] = []
    pickle.dumps(array, protocol=5, buffer_callback=buffers.append)
    return lambda: b"".join(buffer.raw() for buffer in buffers)


def pickled(array: Whole) -> Read:
    content = pickle.dumps(array)
    return lambda: content


def copied(array: Whole) -> Read:
    return array.copy().tobytes


def pointer(array: Whole) -> Read:
    held, size = array.ctypes, array.nbytes
    return lambda: ctypes.string_at(held.data, size)


def c_array(array: Whole) -> Read:
    if not array.flags.writeable:  # ctypes takes no others
        return memory_view(array)
    held = (ctypes.c_ubyte * array.nbytes).from_buffer(array.data)
    return lambda: bytes(held)


def iterator(array: Whole) -> Read:
    held = array.flat
    return lambda: held.copy().tobytes()


def operand(array: Whole) -> Read:
    held = np.nditer(array)

    def read() -> bytes:
        return held.operands[0].tobytes()

    return read


def cycle(array: Whole) -> Read:
    held: list[object] = [array]
    held.append(held)  # only the garbage collector ends this
    return array.tobytes


EXPORTS: tuple[Callable[[Whole], Read], ...] = (
    *(interface, struct, memory_view, slice_of_memory_view, pickle_buffer, pickled_out_of_band),
    *(pickled, copied, pointer, c_array, iterator, operand, cycle),
)
