/*
 * The second stage of booting from flash: the first 256 bytes of the flash, which the boot ROM copies to the end of SRAM and
 * calls if their last word is the CRC-32 of the others (RP2040 data sheet, sections 2.8.1.3 and 4.10, "SSI").
 *
 * It lets the flash interface (SSI) turn each read of an address from 0x10000000 on into the serial command 03h, which every
 * flash of this kind knows: 8 bits of command, 24 of address, 32 of data on one wire, at a quarter of the core's clock. That is
 * slow, but the 16 KB cache in front of it answers whatever was read before. Then it starts the program behind it.
 *
 * The code must not depend on where it lies. The checksum is a constant, so that a build needs no tool for it: helpers'
 * boot_checksum (helpers/firmware/uf2.py) computes it, a test and the writer of UF2 files compare it.
 */
#define SSI_CHECKSUM "0x77ECD3DD"

__asm(
    "    .syntax unified\n"
    "    .section .boot_stage_2, \"ax\", %progbits\n"
    "    .thumb\n"
    "    .balign 4\n"
    "boot_stage_2:\n"
    "    ldr  r3, =0x18000000\n" /* SSI; its registers' offsets follow */
    "    movs r1, #0\n"
    "    str  r1, [r3, #0x08]\n" /* SSIENR: off while it changes */
    "    movs r1, #4\n"
    "    str  r1, [r3, #0x14]\n" /* BAUDR: 133 MHz / 4 = 33 MHz; 03h allows 50 */
    "    ldr  r1, =0x001F0300\n" /* CTRLR0: frames of 32 bits, first out and then in ("EEPROM read"), one wire */
    "    str  r1, [r3, #0x00]\n"
    "    ldr  r1, =0x03000218\n" /* SPI_CTRLR0: command 03h of 8 bits, address of 24 bits */
    "    movs r2, #0xF4\n"
    "    str  r1, [r3, r2]\n"
    "    movs r1, #0\n"
    "    str  r1, [r3, #0x04]\n" /* CTRLR1: one frame a read */
    "    movs r1, #1\n"
    "    str  r1, [r3, #0x08]\n"
    "    ldr  r0, =0x10000100\n" /* the program's vectors, behind these 256 bytes */
    "    ldr  r1, =0xE000ED08\n" /* VTOR */
    "    str  r0, [r1]\n"
    "    ldmia r0!, {r1, r2}\n" /* stack pointer and Reset_Handler */
    "    msr  msp, r1\n"
    "    bx   r2\n"
    "    .pool\n"
    "    .org 252\n"
    "    .word " SSI_CHECKSUM "\n"
    "    .text\n");
