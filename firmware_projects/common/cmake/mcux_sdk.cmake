# NXP's MCUXpresso SDK in place of a project's own start-up code, drivers, console, board files and linker script.
#
# MCUX_SDK names one of
# - the folder of an SDK package (SDK_2_x_FRDM-KE16Z, unpacked), or the `core` folder of a west workspace of its time: both have
#   boards/, devices/, components/ and CMSIS/; a package keeps all drivers in devices/<device>/drivers, the workspace those that
#   parts share in drivers/;
# - a west workspace of 25.12 or later, or its `mcuxsdk` folder: boards are in examples/_boards/, devices in
#   devices/<portfolio>/<series>/<device> with the register headers of a series beside them, and CMSIS in arch/arm/.
# Start-up code and linker scripts are those for GCC, so GCC builds it. Kconfig and west build are not used: what they choose
# for hello_world is listed here.

# add_mcux_sdk(<elf> <application> BOARD b DEVICE d CPU c LINKER file UART driver DRIVERS driver...)
function(add_mcux_sdk elf application)
  cmake_parse_arguments(PARSE_ARGV 2 sdk "" "BOARD;DEVICE;CPU;LINKER;UART" "DRIVERS")
  if(NOT sdk_BOARD)
    message(FATAL_ERROR "MCUX_SDK is set, but ${PROJECT_NAME} builds from its own files only: leave it out")
  elseif(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU" OR NOT CONSOLE STREQUAL "uart")
    message(FATAL_ERROR "MCUX_SDK goes with arm-none-eabi-gcc and CONSOLE=uart only")
  endif()
  sdk_look()
  sdk_take(system_${sdk_DEVICE}.c ${device})
  sdk_take(startup_${sdk_DEVICE}.S ${device}/gcc)
  sdk_take(${sdk_LINKER} ${device}/gcc)
  foreach(file board clock_config pin_mux)
    sdk_take(${file}.c ${board}/project_template ${board})
  endforeach()
  sdk_take(core_cm0plus.h CMSIS/Core/Include CMSIS/Include arch/arm/CMSIS/Core/Include)
  foreach(driver clock common common_arm ${sdk_UART} ${sdk_DRIVERS})
    string(REGEX REPLACE "_[0-9]+$" "" file ${driver}) # gpio_1 is the workspace's folder for one of its fsl_gpio.c
    sdk_take(fsl_${file}.h ${device}/drivers drivers/${driver} drivers/common)
  endforeach()
  sdk_take(fsl_debug_console.c ${device}/utilities/debug_console_lite utilities/debug_console_lite
    components/debug_console_lite)
  sdk_take(fsl_str.c ${device}/utilities/str utilities/str components/str)
  sdk_take(fsl_adapter_${sdk_UART}.c components/uart)

  add_library(mcux_sdk OBJECT ${sdk_sources})
  target_compile_options(mcux_sdk PRIVATE -Os -g -w -fno-unwind-tables -fno-asynchronous-unwind-tables)
  target_include_directories(mcux_sdk PRIVATE ${sdk_folders})
  target_compile_definitions(mcux_sdk
    PUBLIC CPU_${sdk_CPU} NDEBUG SDK_DEBUGCONSOLE=1 PRINTF_ADVANCED_ENABLE=1 PRINTF_FLOAT_ENABLE=0 SCANF_FLOAT_ENABLE=0
    PRIVATE __STARTUP_CLEAR_BSS)
  target_link_libraries(${elf} PRIVATE mcux_sdk)
  target_include_directories(${elf} PRIVATE source ${sdk_folders} ${COMMON}) # both have an fsl_debug_console.h
  # The board's template routes the console's pins in a function of its own.
  set_source_files_properties(${application} PROPERTIES COMPILE_DEFINITIONS BOARD_InitPins=BOARD_InitDEBUG_UARTPins)
  list(FILTER sdk_files INCLUDE REGEX "\\.ld$")
  target_link_options(${elf} PRIVATE -T ${sdk_files} -Wl,--defsym=__stack_size__=512 -Wl,--defsym=__heap_size__=0)
endfunction()

# sdk_look(): which layout MCUX_SDK has: sets `device` and `board`, the folders of the part and of the board, and starts sdk_folders.
macro(sdk_look)
  if(EXISTS ${MCUX_SDK}/mcuxsdk/examples/_boards)
    set(MCUX_SDK ${MCUX_SDK}/mcuxsdk)
  endif()
  set(device devices/${sdk_DEVICE})
  set(board boards/${sdk_BOARD})
  if(EXISTS ${MCUX_SDK}/examples/_boards)
    set(board examples/_boards/${sdk_BOARD})
    file(GLOB found RELATIVE ${MCUX_SDK} ${MCUX_SDK}/devices/*/*/${sdk_DEVICE})
    if(NOT found)
      message(FATAL_ERROR "MCUX_SDK has no devices/*/*/${sdk_DEVICE}: this SDK is not for ${PROJECT_NAME}, or its part was not "
        "fetched (west update)")
    endif()
    set(device ${found})
    sdk_find_registers()
  elseif(NOT EXISTS ${MCUX_SDK}/boards OR NOT EXISTS ${MCUX_SDK}/devices)
    message(FATAL_ERROR "MCUX_SDK has neither boards/ and devices/, as a package has, nor examples/_boards/, as the mcuxsdk "
      "folder of a workspace of 25.12 and later has: name the folder that has them")
  endif()
endmacro()

# sdk_find_registers(): the folder of the device's register headers, which its variable.cmake names, goes to sdk_folders.
macro(sdk_find_registers)
  set(periph periph)
  if(EXISTS ${MCUX_SDK}/${device}/variable.cmake)
    file(STRINGS ${MCUX_SDK}/${device}/variable.cmake lines REGEX "mcux_set_variable\\(soc_periph ")
    string(REGEX REPLACE ".*soc_periph +([A-Za-z0-9_]+).*" "\\1" periph "${lines}")
  endif()
  get_filename_component(series ${device} DIRECTORY)
  if(periph AND EXISTS ${MCUX_SDK}/${series}/${periph})
    list(APPEND sdk_folders ${MCUX_SDK}/${series}/${periph})
  endif()
endmacro()

# sdk_take(<file> <folder>...): the file from the first of the SDK's folders that has it; of a header, its .c file too.
# The folder goes to sdk_folders, the file to sdk_files, and what is to be compiled to sdk_sources.
macro(sdk_take file)
  set(found "")
  foreach(folder ${ARGN})
    if(NOT found AND EXISTS ${MCUX_SDK}/${folder}/${file})
      set(found ${MCUX_SDK}/${folder})
    endif()
  endforeach()
  if(NOT found)
    string(REPLACE ";" " or " places "${ARGN}")
    message(FATAL_ERROR "MCUX_SDK has no ${file} in ${places}: name the folder of an SDK for the board of ${PROJECT_NAME}")
  endif()
  list(APPEND sdk_folders ${found})
  list(APPEND sdk_files ${found}/${file})
  string(REGEX REPLACE "\\.h$" ".c" code ${found}/${file})
  if(code MATCHES "\\.(c|S)$" AND EXISTS ${code}) # a few drivers are a header alone
    list(APPEND sdk_sources ${code})
  endif()
endmacro()
