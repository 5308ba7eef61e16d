"""The files of a parcel for each build system, by path: sources, build files, an example, a README."""

from helpers.common import artifacts
from helpers.firmware.export.sources import Sources

VERSION = "1.0.0"
OPTIONS = "-fomit-frame-pointer"  # clang keeps a frame pointer at a bare-metal target; the code needs all low registers
MAIN = """\
/* The smallest program: the network on its test input. main() returns how many bytes of the outputs differ: 0 is right. */
#include "{stem}_network.h"

int main(void)
{{
  return (int){stem}_self_test();
}}
"""
CMAKE = """\
# The network "{stem}" as a static library. In a project of yours: add_subdirectory({stem}), and link the target {stem}.
cmake_minimum_required(VERSION 3.20)
project({stem} LANGUAGES C{asm})

add_library({stem} STATIC
{sources})
target_include_directories({stem} PUBLIC include)
target_compile_options({stem} PRIVATE -Wall -Wextra {options})
{link}
# A program that returns 0 if the network computes what it should; your board's start-up code and linker script go with it.
option({upper}_EXAMPLE "build example/main.c" OFF)
if({upper}_EXAMPLE)
  add_executable({stem}_example example/main.c)
  target_link_libraries({stem}_example PRIVATE {stem})
endif()
"""
ZEPHYR_CMAKE = """\
if(CONFIG_{upper}_NETWORK)
  zephyr_library_named({stem}_network)
  zephyr_include_directories(../include)
  zephyr_library_sources(
{sources})
  zephyr_library_compile_options({options})
endif()
"""
ZEPHYR_KCONFIG = """\
config {upper}_NETWORK
    bool "the network {stem}"
    depends on {depends}
    help
      A network compiled to C and assembly: {flash} bytes of flash, {ram} bytes of RAM. Include {stem}_network.h.
"""
ZEPHYR_SAMPLE_CMAKE = """\
# west build -b BOARD sample -- -DEXTRA_ZEPHYR_MODULES=/path/to/{stem}
cmake_minimum_required(VERSION 3.20)
find_package(Zephyr REQUIRED HINTS $ENV{{ZEPHYR_BASE}})
project({stem}_sample)
target_sources(app PRIVATE src/main.c)
"""
ZEPHYR_SAMPLE = """\
#include <zephyr/sys/printk.h>

#include "{stem}_network.h"

int main(void)
{{
  printk("{stem}: %u bytes of the outputs differ\\n", (unsigned int){stem}_self_test());
  return 0;
}}
"""
ARDUINO_PROPERTIES = """\
name={stem}
version={version}
author=the workbook
maintainer=the workbook
sentence=The network "{stem}", compiled to C and assembly.
paragraph=Hand over the inputs, run it, read the outputs: see {stem}_network.h. {flash} bytes of flash, {ram} bytes of RAM.
category=Data Processing
url=https://www.nxp.com/docs/en/application-note/AN13438.pdf
architectures=*
includes={stem}_network.h
"""
ARDUINO_SKETCH = """\
// The network on its test input: 0 bytes must differ.
#include <{stem}_network.h>

void setup() {{
  Serial.begin(115200);
  while (!Serial && millis() < 3000) {{
  }}
  Serial.print("{stem}: bytes of the outputs that differ: ");
  Serial.println({stem}_self_test());
}}

void loop() {{
}}
"""
README = """\
# The network {stem}

{core} code in the form {form}: {flash} bytes of flash (code and weights), {ram} bytes of RAM, {cycles} cycles for the test input
on a zero-wait {core}, as clang compiles it.

{use}

    {stem}_set_{input}(values);
    {stem}_infer();
    const {kind} *result = {stem}_get_{output}();

`{stem}_network.h` has the shapes, and what a stored value means. `{stem}_self_test()` runs a test input and returns how many
bytes of the outputs differ: 0. GCC and clang compile all of it without a warning (-Wall -Wextra){clang}.
"""
USES = {
    "cmake": "`add_subdirectory({stem})` in your CMakeLists.txt, and link the target `{stem}`:",
    "zephyr": "A Zephyr module: `west build -b BOARD sample -- -DEXTRA_ZEPHYR_MODULES=/path/to/{stem}` builds its sample; in an "
    "application of yours set `CONFIG_{upper}_NETWORK=y`:",
    "arduino": "In the Arduino IDE: Sketch, Include Library, Add .ZIP Library; then File, Examples, {stem}, SelfTest:",
}


def tree(kind: str, sources: Sources, generated: dict[str, str], facts: dict) -> dict[str, str]:
    """Return the parcel's files by path. generated: the texts of wrapper.py by name; facts: the numbers in its README."""
    stem = sources.stem
    headers = {f"{stem}.h": sources.interface, f"{stem}_network.h": generated[f"{stem}_network.h"]}
    code = {**sources.files, **{name: text for name, text in generated.items() if name.endswith(".c")}}
    names = sorted(code)
    code[f"{stem}.weights.txt"] = sources.weights
    words = facts | {
        "stem": stem, "upper": stem.upper(), "options": OPTIONS, "version": VERSION,
        "asm": " ASM" if any(name.endswith(".S") for name in names) else "",
        "link": f"target_link_libraries({stem} PUBLIC m)" if sources.library else "",
        "depends": "CPU_CORTEX_M" if sources.guard else "CPU_CORTEX",
        "clang": f"; clang needs {OPTIONS} for inline assembly" if any("__asm__" in text for text in code.values()) else "",
    }  # fmt: skip
    words["use"] = USES[kind].format(**words)
    files = {"README.md": README, **{"cmake": _cmake, "zephyr": _zephyr, "arduino": _arduino}[kind](words, names)}
    files = {path: text.format(**words) for path, text in files.items()}
    folders = ("src", "src") if kind == "arduino" else ("include", "src")
    files |= {f"{folders[0]}/{name}": text for name, text in headers.items()}
    files |= {f"{folders[1]}/{name}": text for name, text in code.items()}
    return files | {"LICENSE": (artifacts.ROOT / "LICENSE").read_text()}


def _cmake(words: dict, names: list[str]) -> dict[str, str]:
    words["sources"] = "\n".join(f"  src/{name}" for name in names)
    return {"CMakeLists.txt": CMAKE, "example/main.c": MAIN}


def _zephyr(words: dict, names: list[str]) -> dict[str, str]:
    words["sources"] = "\n".join(f"    ../src/{name}" for name in names)
    return {
        "zephyr/module.yml": "name: {stem}\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n",
        "zephyr/CMakeLists.txt": ZEPHYR_CMAKE,
        "zephyr/Kconfig": ZEPHYR_KCONFIG,
        "sample/CMakeLists.txt": ZEPHYR_SAMPLE_CMAKE,
        "sample/prj.conf": "CONFIG_{upper}_NETWORK=y\n",
        "sample/src/main.c": ZEPHYR_SAMPLE,
    }


def _arduino(_words: dict, _names: list[str]) -> dict[str, str]:
    return {"library.properties": ARDUINO_PROPERTIES, "examples/SelfTest/SelfTest.ino": ARDUINO_SKETCH}
