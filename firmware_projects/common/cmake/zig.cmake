# Toolchain file: clang, lld and the run-time library of the `ziglang` wheel (pip install ziglang), or of a zig on PATH.
#   cmake -G Ninja -S . -B build -DCMAKE_TOOLCHAIN_FILE=common/cmake/zig.cmake [-DZIG=/path/to/zig]
# The project sets CORE (cortex-m0, cortex-m0plus or cortex-m7) before project().
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG CORE)

find_program(ZIG zig REQUIRED)
set(CMAKE_C_COMPILER ${ZIG} cc)
set(CMAKE_C_COMPILER_TARGET thumb-freestanding-eabi)
if(CORE STREQUAL "cortex-m7")
  string(APPEND CMAKE_C_COMPILER_TARGET hf)
endif()

string(REPLACE "-" "_" zig_cpu "${CORE}")
# zig's cc instruments a program for undefined behaviour unless told otherwise.
set(CMAKE_C_FLAGS_INIT "-mcpu=${zig_cpu} -ffreestanding -fno-sanitize=all")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-mcpu=${zig_cpu}")
set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_LIST_DIR}/../freestanding)

set(CMAKE_C_ARCHIVE_CREATE "\"${ZIG}\" ar qc <TARGET> <OBJECTS>")
set(CMAKE_C_ARCHIVE_FINISH "\"${ZIG}\" ar s <TARGET>")
set(FIRMWARE_OBJCOPY ${ZIG} objcopy)
set(FIRMWARE_HEX hex)
