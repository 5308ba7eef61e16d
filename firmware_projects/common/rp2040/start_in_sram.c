/*
 * Where the boot ROM jumps to when a UF2 file was for SRAM: the lowest address of the file, with Thumb code there and not a
 * vector table (RP2040 data sheet, section 2.8, "UF2 Format Details"; pico-bootrom-rp2040, virtual_disk.c). The vectors
 * follow at the next multiple of 256 bytes, as VTOR wants them (Arm DDI 0419, B3.2.5).
 */
__asm(
    "    .syntax unified\n"
    "    .section .start_in_sram, \"ax\", %progbits\n"
    "    .thumb\n"
    "    .global start_in_sram\n"
    "    .type start_in_sram, %function\n"
    "    .thumb_func\n"
    "start_in_sram:\n"
    "    ldr  r0, =__vectors\n"
    "    ldr  r1, =0xE000ED08\n" /* VTOR */
    "    str  r0, [r1]\n"
    "    ldmia r0!, {r1, r2}\n" /* stack pointer and Reset_Handler */
    "    msr  msp, r1\n"
    "    bx   r2\n"
    "    .pool\n"
    "    .size start_in_sram, . - start_in_sram\n"
    "    .text\n");
