"""Archives of arrays: sizes are judged before memory is taken."""

import io
import re
import tracemalloc
import zipfile

import numpy as np
import pytest

from fixedpoint.circuit.archives import archive


def packed(**members):
    """Return an archive of raw members, compressed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return stream


def refusal(stream):
    """Return why an archive is refused, and the most memory that this took."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError) as error, archive(stream, "x.npz is none") as arrays:
            assert arrays["values"].size
        return str(error.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def header(shape, dtype="<i4"):
    stream = io.BytesIO()
    facts = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, facts)
    return stream.getvalue()


def test_zeros_that_unpack_to_much_are_refused():
    size = 100 << 20
    stream = packed(values=header((size // 4,)) + bytes(size))
    length = len(stream.getvalue())
    text, memory = refusal(stream)
    total = size + len(header((size // 4,)))
    assert text == (
        f"x.npz is none: its arrays would take {total} bytes, more than 100 times the "
        f"{length} bytes of the file"
    )
    assert memory < 4 << 20


def test_a_header_that_promises_more_than_there_is():
    text, memory = refusal(packed(values=header((1 << 34,)) + bytes(400)))
    assert text == (
        f"x.npz is none: values.npy should have {1 << 36} bytes by its header, not 400"
    )
    assert memory < 4 << 20


def test_a_name_that_is_twice_in_it():
    stream = packed(values=header((1,)) + bytes(4))
    with (
        zipfile.ZipFile(stream, "a") as file,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        file.writestr("values.npy", header((1,)) + bytes(4))
    assert refusal(stream)[0] == "x.npz is none: values.npy is twice in it"


def test_good_archives_are_read():
    stream = io.BytesIO()
    arrays = {"zeros": np.zeros(1 << 22), "text": np.array("facts"), "none": np.zeros((0, 3))}
    np.savez_compressed(stream, **arrays)
    with archive(stream, "x.npz is none") as found:
        for name, array in arrays.items():
            assert np.array_equal(found[name], array)
            assert found[name].dtype == array.dtype


def test_objects_are_refused():
    stream = io.BytesIO()
    np.savez(stream, values=np.array([None]))
    assert re.match("^x.npz is none: ", refusal(stream)[0])
