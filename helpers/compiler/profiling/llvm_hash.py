"""The 64-bit hash that LLVM gives a string: CityHash's mixing with a fixed seed (llvm/ADT/Hashing.h up to LLVM 19)."""

_MASK = 2**64 - 1
_SEED = 0xFF51AFD7ED558CCD
_K0, _K1, _K2, _K3 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
_PAIR = 0x9DDFEA08EB382D69
_BLOCK = 64  # bytes


def string_hash(data: bytes) -> int:
    """Hash a string of any length to 0 to 2**64 - 1."""
    for longest, function in ((0, _empty), (3, _up_to_3), (8, _up_to_8), (16, _up_to_16), (32, _up_to_32)):
        if len(data) <= longest:
            return function(data) & _MASK
    return (_up_to_64(data) if len(data) <= _BLOCK else _long(data)) & _MASK


def _word(data: bytes, at: int, size: int = 8) -> int:
    """Read `size` bytes, little-endian; a negative position counts from the end."""
    at += len(data) if at < 0 else 0
    return int.from_bytes(data[at : at + size], "little")


def _rotate(value: int, bits: int) -> int:
    """Rotate a word to the right."""
    value &= _MASK
    return (value >> bits | value << (64 - bits)) & _MASK


def _fold(value: int) -> int:
    value &= _MASK
    return value ^ value >> 47


def _pair(low: int, high: int) -> int:
    """Mix two words into one."""
    first = _fold((low ^ high) * _PAIR)
    return _fold((high ^ first) * _PAIR) * _PAIR & _MASK


def _empty(_data: bytes) -> int:
    return _K2 ^ _SEED


def _up_to_3(data: bytes) -> int:
    front = data[0] + (data[len(data) // 2] << 8)
    back = len(data) + (data[-1] << 2)
    return _fold(front * _K2 ^ back * _K3 ^ _SEED) * _K2


def _up_to_8(data: bytes) -> int:
    return _pair(len(data) + (_word(data, 0, 4) << 3), _SEED ^ _word(data, -4, 4))


def _up_to_16(data: bytes) -> int:
    last = _word(data, -8)
    return _pair(_SEED ^ _word(data, 0), _rotate(last + len(data), len(data))) ^ last


def _up_to_32(data: bytes) -> int:
    a, b, c, d = _word(data, 0) * _K1, _word(data, 8), _word(data, -8) * _K2 & _MASK, _word(data, -16) * _K0
    low = _rotate(a - b, 43) + _rotate(c ^ _SEED, 30) + d
    high = a + _rotate(b ^ _K3, 20) - c + len(data) + _SEED
    return _pair(low & _MASK, high & _MASK)


def _half(a: int, second: int, third: int, z: int) -> tuple[int, int]:
    """Mix four words of a string of 33 to 64 bytes into two."""
    b, c = _rotate(a + z, 52), _rotate(a, 37)
    a += second
    c += _rotate(a, 7)
    a += third
    return a + z, b + _rotate(a, 31) + c


def _up_to_64(data: bytes) -> int:
    start = _word(data, 0) + (len(data) + _word(data, -16)) * _K0
    v, v_mixed = _half(start, _word(data, 8), _word(data, 16), _word(data, 24))
    w, w_mixed = _half(_word(data, 16) + _word(data, -32), _word(data, -24), _word(data, -16), _word(data, -8))
    mixed = _fold((v + w_mixed) * _K2 + (w + v_mixed) * _K0)
    return _fold((_SEED ^ mixed * _K0) + v_mixed) * _K2


def _long(data: bytes) -> int:
    """Mix blocks of 64 bytes into a state of seven words; the last block overlaps the previous one."""
    fourth, fifth = _SEED * _K1 & _MASK, _fold(_SEED)
    first = (0, _SEED, _pair(_SEED, _K1), _rotate(_SEED ^ _K1, 49))
    state: tuple[int, ...] = (*first, fourth, fifth, _pair(fourth, fifth))
    whole = len(data) // _BLOCK * _BLOCK
    for start in range(0, whole, _BLOCK):
        state = _mix(state, data[start : start + _BLOCK])
    if whole < len(data):
        state = _mix(state, data[-_BLOCK:])
    h0, h1, h2, h3, h4, h5, h6 = state
    low = _pair(h3, h5) + _fold(h1) * _K1 + h2
    high = _pair(h4, h6) + _fold(len(data)) * _K1 + h0
    return _pair(low & _MASK, high & _MASK)


def _mix(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    h0, h1, h2, h3, h4, h5, h6 = state
    new0 = _rotate(h0 + h1 + h3 + _word(block, 8), 37) * _K1 & _MASK ^ h6
    new1 = _rotate(h1 + h4 + _word(block, 48), 42) * _K1 + h3 + _word(block, 40)
    new2 = _rotate(h2 + h5, 33) * _K1
    new3, new4 = _mix_half(block[:32], h4 * _K1, new0 + h5)
    new5, new6 = _mix_half(block[32:], new2 + h6, new1 + _word(block, 16))
    return tuple(word & _MASK for word in (new2, new1, new0, new3, new4, new5, new6))


def _mix_half(half: bytes, a: int, b: int) -> tuple[int, int]:
    first, second, third, fourth = (_word(half, at) for at in range(0, 32, 8))
    a += first
    b = _rotate(b + a + fourth, 21)
    total = a + second + third
    return total + fourth, b + _rotate(total, 44) + a
