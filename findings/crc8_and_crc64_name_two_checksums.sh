#!/usr/bin/env bash
# crcengine 0.4.0.post1, crcmod 1.7, crccheck 1.3.1: "crc8" and "crc64" are other checksums in one library than in another.
# CRC-8 without a suffix is polynomial 0x07 in the catalogue of parametrised CRCs, and so in crcmod and crccheck; in
# crcengine it is 0xd5, which the catalogue calls DVB-S2. CRC-64 is ISO 3309 in crcmod, and ECMA-182 in crccheck. CRC-32 is
# one and the same in all three. Each documents its own parameters; none says that its plain name is another's.
# Why it matters: bootloaders and sensors (SMBus) use CRC-8; a build script and the firmware's own table then disagree on
# every image, or agree with each other and not with the part.
# What to do: give polynomial, start value, reflection and final XOR; test with "123456789" against the catalogue's check
# value.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check crcengine==0.4.0.post1 crcmod==1.7 crccheck==1.3.1

cat > program.py <<'PROGRAM'
import crcengine
import crcmod.predefined
from crccheck.crc import Crc8, Crc32, Crc64

DATA = b"123456789"
for name, dashed, kind in (("crc8", "crc-8", Crc8), ("crc32", "crc-32", Crc32), ("crc64", "crc-64", Crc64)):
    seen = {"crcmod": crcmod.predefined.mkCrcFun(dashed)(DATA), "crccheck": kind.calc(DATA)}
    if name in crcengine.algorithms_available():
        seen["crcengine"] = crcengine.new(name)(DATA)
    print(f"{name}: {', '.join(f'{library} {value:#x}' for library, value in seen.items())}")
print(f"crcengine, crc8: polynomial {crcengine.get_algorithm_params('crc8')['poly']:#x}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='crc8: crcmod 0xf4, crccheck 0xf4, crcengine 0xbc
crc32: crcmod 0xcbf43926, crccheck 0xcbf43926, crcengine 0xcbf43926
crc64: crcmod 0x46a5a9388a5beffe, crccheck 0x6c40df5f0b497347
crcengine, crc8: polynomial 0xd5'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the names stand for\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
