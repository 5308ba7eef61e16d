"""A library cannot take more memory than it is given, and afterwards it can again."""

import numpy as np
import pytest

from helpers.network.keras_files import memory_limit


@pytest.mark.skipif(not memory_limit.STATUS.is_file(), reason="this system does not tell the size of a process")
def test_a_larger_request_fails_and_a_smaller_one_does_not():
    with memory_limit.more_memory(256 << 20):
        assert np.ones(64 << 20, np.uint8).all()
        with pytest.raises(MemoryError):
            np.ones(1 << 30, np.uint8)
    assert np.ones(1 << 30, np.uint8).size == 1 << 30
