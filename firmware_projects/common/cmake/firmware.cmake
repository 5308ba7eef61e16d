# add_firmware([SOURCES <file>...] [COMMON <file>...] [SDK <word>...]): the project's ELF, and its .bin and .hex to flash.
#
# Every board has board.c, clock_config.c and pin_mux.c. SOURCES: what it has beside them; COMMON: what it takes from the
# files that the boards share; SDK: what it is called in NXP's SDK (see mcux_sdk.cmake). The application and the network's
# bundle lie in source/.
get_filename_component(COMMON ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(CONSOLE uart CACHE STRING "Where PRINTF goes: uart, or semihosting, which needs a debugger attached")
set(MCUX_SDK "" CACHE PATH "An installed MCUXpresso SDK, in place of the project's own start-up code, drivers and board files")
if(MCUX_SDK)
  enable_language(ASM)
  include(${COMMON}/cmake/mcux_sdk.cmake)
endif()

function(add_firmware)
  cmake_parse_arguments(PARSE_ARGV 0 board "" "" "SOURCES;COMMON;SDK")
  set(elf ${PROJECT_NAME}.elf)
  # The note's last step: hello_world.c is left out of the build once main.c is there.
  set(application source/main.c)
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${application})
    set(application source/hello_world.c)
  endif()
  file(GLOB bundle CONFIGURE_DEPENDS source/*.o)

  add_executable(${elf} ${application} ${COMMON}/timer.c ${COMMON}/long_timer.c ${COMMON}/glow_bundle_utils.c
    ${COMMON}/gnu_runtime.c
    ${bundle})
  # The image's values are signed and the array that takes them is not; the bits are the same.
  target_compile_options(${elf} PRIVATE
    -std=c11 -Os -g -Wall -Wextra -Werror -Wno-constant-conversion
    -fomit-frame-pointer -fno-unwind-tables -fno-asynchronous-unwind-tables
    -ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_CURRENT_BINARY_DIR}=build)
  target_link_options(${elf} PRIVATE -Os -g -Wl,--gc-sections -Wl,-e,Reset_Handler -Wl,-z,max-page-size=4)
  if(MCUX_SDK)
    add_mcux_sdk(${elf} ${application} ${board_SDK})
  else()
    add_own_board(${elf} ${board_SOURCES} ${board_COMMON})
  endif()

  add_custom_command(TARGET ${elf} POST_BUILD
    COMMAND ${FIRMWARE_OBJCOPY} -O binary ${elf} ${PROJECT_NAME}.bin
    COMMAND ${FIRMWARE_OBJCOPY} -O ${FIRMWARE_HEX} ${elf} ${PROJECT_NAME}.hex)
endfunction()

# The project's own start-up code, console, drivers, board files and linker script.
function(add_own_board elf)
  set(sources board.c clock_config.c pin_mux.c)
  foreach(name startup.c console.c frames.c ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name})
      list(APPEND sources ${name})
    else()
      list(APPEND sources ${COMMON}/${name})
    endif()
  endforeach()
  target_sources(${elf} PRIVATE ${sources})
  target_include_directories(${elf} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} source ${COMMON})
  if(CONSOLE STREQUAL "semihosting")
    target_compile_definitions(${elf} PRIVATE CONSOLE_SEMIHOSTING)
  endif()
  target_link_options(${elf} PRIVATE -nostartfiles -T ${CMAKE_CURRENT_SOURCE_DIR}/linker.ld)
  set_target_properties(${elf} PROPERTIES
    LINK_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/linker.ld;${COMMON}/program.ld")
  # A linker script's INCLUDE is looked up where the linker runs, which is the build folder.
  foreach(script kinetis_vectors.ld program.ld)
    configure_file(${COMMON}/${script} ${script} COPYONLY)
  endforeach()
endfunction()
