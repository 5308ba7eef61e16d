# add_firmware(<source>...): the project's ELF, and its .bin and .hex to flash, from a board's own sources, those that
# all boards share, and the application and bundle that lie in source/.
function(add_firmware)
  set(shared startup.c console.c timer.c glow_bundle_utils.c)
  list(TRANSFORM shared PREPEND ${COMMON}/)
  file(GLOB bundle CONFIGURE_DEPENDS source/*.o)
  # The note's last step: hello_world.c is left out of the build once main.c is there.
  set(application source/main.c)
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${application})
    set(application source/hello_world.c)
  endif()

  set(elf ${PROJECT_NAME}.elf)
  add_executable(${elf} ${application} ${ARGN} ${shared} ${bundle})
  target_include_directories(${elf} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} source ${COMMON})
  # The image's values are signed and the array that takes them is not; the bits are the same.
  target_compile_options(${elf} PRIVATE
    -std=c11 -Os -g -Wall -Wextra -Werror -Wno-constant-conversion
    -fomit-frame-pointer -fno-unwind-tables -fno-asynchronous-unwind-tables
    -ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_CURRENT_BINARY_DIR}=build)
  target_link_options(${elf} PRIVATE
    -T ${CMAKE_CURRENT_SOURCE_DIR}/linker.ld -Os -g -Wl,--gc-sections -Wl,-e,Reset_Handler -Wl,-z,max-page-size=4)
  set_target_properties(${elf} PROPERTIES
    LINK_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/linker.ld;${COMMON}/program.ld")

  # A linker script's INCLUDE is looked up where the linker runs, which is the build folder.
  foreach(script kinetis_vectors.ld program.ld)
    configure_file(${COMMON}/${script} ${script} COPYONLY)
  endforeach()

  add_custom_command(TARGET ${elf} POST_BUILD
    COMMAND ${FIRMWARE_OBJCOPY} -O binary ${elf} ${PROJECT_NAME}.bin
    COMMAND ${FIRMWARE_OBJCOPY} -O ${FIRMWARE_HEX} ${elf} ${PROJECT_NAME}.hex)
endfunction()
