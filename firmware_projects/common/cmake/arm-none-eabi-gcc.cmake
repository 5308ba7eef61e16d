# Toolchain file: arm-none-eabi-gcc from PATH, with newlib's small variant.
#   cmake -G Ninja -S . -B build -DCMAKE_TOOLCHAIN_FILE=common/cmake/arm-none-eabi-gcc.cmake
# The project sets CORE (cortex-m0, cortex-m0plus or cortex-m7) before project().
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CORE)

set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(gcc_core "-mcpu=${CORE} -mthumb")
if(CORE STREQUAL "cortex-m7")
  string(APPEND gcc_core " -mfloat-abi=hard -mfpu=fpv5-d16")
endif()
set(CMAKE_C_FLAGS_INIT "${gcc_core} -ffunction-sections -fdata-sections")
set(CMAKE_ASM_FLAGS_INIT "${gcc_core}") # start-up code of an SDK
# An object compiled by clang may name the C++ unwinder, which nothing here calls and which would cost 3 KB of flash.
# --nmagic keeps the ELF file's own headers out of what is loaded.
set(gcc_link "--specs=nano.specs --specs=nosys.specs -Wl,--nmagic -Wl,-z,noexecstack")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${gcc_core} ${gcc_link} -Wl,--defsym=__aeabi_unwind_cpp_pr0=0")
set(FIRMWARE_OBJCOPY arm-none-eabi-objcopy)
set(FIRMWARE_HEX ihex)
