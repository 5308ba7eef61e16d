/*
 * What the boot ROM of an i.MX RT part reads from the flash before it starts the program: how to talk to the flash, and
 * where the program is (linker.ld places both). IMXRT1060RM and IMXRT1170RM, chapter "System Boot", sections "FlexSPI
 * NOR configuration block" and "Image vector table and boot data". Written from the manuals; tried in emulation only, not
 * on a board.
 */
#include <stdint.h>

#include "board.h"

#define BOOT_FLASH_SIZE (1u << BOOT_FLASH_LOG2_SIZE)

/* One 32-bit word of FlexSPI's look-up table: two instructions of opcode, pads (0: 1, 2: 4) and operand. */
#define LUT(opcode0, pads0, operand0, opcode1, pads1, operand1) \
    ((uint32_t)((opcode1) << 10 | (pads1) << 8 | (operand1)) << 16 | ((opcode0) << 10 | (pads0) << 8 | (operand0)))
#define CMD_SDR     0x01
#define RADDR_SDR   0x02
#define READ_SDR    0x09
#define DUMMY_SDR   0x0C

typedef struct {
    uint32_t tag;                /* 0x000 "FCFB" */
    uint32_t version;            /* 0x004 */
    uint32_t reserved_008;
    uint8_t read_sample_clock;   /* 0x00C 1: looped back from the DQS pad */
    uint8_t cs_hold_time;        /* 0x00D */
    uint8_t cs_setup_time;       /* 0x00E */
    uint8_t unused_00f[0x35];    /* 0x00F mode and configuration commands: none */
    uint8_t device_type;         /* 0x044 1: serial NOR */
    uint8_t flash_pads;          /* 0x045 */
    uint8_t clock;               /* 0x046 5: 100 MHz */
    uint8_t unused_047[9];
    uint32_t flash_size;         /* 0x050 bytes at FlexSPI's port A1 */
    uint8_t unused_054[0x2C];
    uint32_t lut[64];            /* 0x080 sequence 0 is the read */
    uint8_t unused_180[0x40];
    uint32_t page_size;          /* 0x1C0 */
    uint32_t sector_size;        /* 0x1C4 */
    uint8_t unused_1c8[8];
    uint32_t block_size;         /* 0x1D0 */
    uint8_t unused_1d4[0x2C];
} flexspi_config_t;

_Static_assert(sizeof(flexspi_config_t) == 512, "the ROM expects 512 bytes");

/* The fast read of a quad flash: command 0xEB on one pad, 24 address bits, 6 dummy cycles and the data on four. */
__attribute__((section(".flexspi_config"), used)) static const flexspi_config_t flexspi_config = {
    .tag = 0x42464346u,
    .version = 0x56010400u,
    .read_sample_clock = 1,
    .cs_hold_time = 3,
    .cs_setup_time = 3,
    .device_type = 1,
    .flash_pads = 4,
    .clock = 5,
    .flash_size = BOOT_FLASH_SIZE,
    .lut = {LUT(CMD_SDR, 0, 0xEB, RADDR_SDR, 2, 24), LUT(DUMMY_SDR, 2, 6, READ_SDR, 2, 4)},
    .page_size = 256,
    .sector_size = 4096,
    .block_size = 65536,
};

typedef struct {
    const void *start;
    uint32_t size;
    uint32_t plugin;
} boot_data_t;

typedef struct {
    uint32_t header; /* tag 0xD1, length 32, version 0x41 */
    const void *entry;
    uint32_t reserved_08;
    const void *device_configuration;
    const boot_data_t *boot_data;
    const void *self;
    const void *signature;
    uint32_t reserved_1c;
    boot_data_t data;
} image_vector_t;

extern const uint32_t __vectors[];

__attribute__((section(".image_vector"), used)) static const image_vector_t image_vector = {
    .header = 0x412000D1u,
    .entry = __vectors,
    .boot_data = &image_vector.data,
    .self = &image_vector,
    .data = {.start = (const void *)BOOT_FLASH_BASE, .size = BOOT_FLASH_SIZE, .plugin = 0},
};
