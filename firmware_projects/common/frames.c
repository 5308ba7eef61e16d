#include "frames.h"

#include "serial.h"

#define END         0xC0u
#define ESCAPE      0xDBu
#define ESCAPED_END 0xDCu
#define ESCAPED_ESC 0xDDu

#define HEAD_BYTES  9u
#define CRC_BYTES   4u
#define CRC_START   0xFFFFFFFFu
#define CRC_WHOLE   0xDEBB20E3u /* what remains after a frame and its own checksum */

static uint32_t sent_crc;

/* The remainders of 0 to 15 for the reflected polynomial EDB88320: four bits at a time. */
static uint32_t crc_next(uint32_t crc, uint8_t byte)
{
    static const uint32_t remainders[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };

    crc ^= byte;
    crc = crc >> 4 ^ remainders[crc & 15u];
    return crc >> 4 ^ remainders[crc & 15u];
}

void frame_receive(frame_t *frame, void (*store)(uint32_t index, uint8_t byte))
{
    uint8_t head[HEAD_BYTES];
    uint32_t count = 0;
    uint32_t crc = CRC_START;
    bool escaped = false;

    frame->length = 0;
    for (;;) {
        uint8_t byte = serial_get();

        if (byte == END && count > 0) {
            break;
        } else if (byte == END) {
            continue; /* what lies between two frames */
        } else if (byte == ESCAPE) {
            escaped = true;
            continue;
        } else if (escaped) {
            byte = byte == ESCAPED_END ? END : ESCAPE;
            escaped = false;
        }
        crc = crc_next(crc, byte);
        if (count < HEAD_BYTES) {
            head[count] = byte;
        } else if (count - HEAD_BYTES < frame->length) {
            store(count - HEAD_BYTES, byte);
        }
        count++;
        if (count == HEAD_BYTES) {
            frame->kind = head[0];
            frame->number = head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 | (uint32_t)head[4] << 24;
            frame->length = head[5] | (uint32_t)head[6] << 8 | (uint32_t)head[7] << 16 | (uint32_t)head[8] << 24;
        }
    }
    frame->came = count < HEAD_BYTES + CRC_BYTES ? 0 : count - HEAD_BYTES - CRC_BYTES;
    frame->whole = count >= HEAD_BYTES + CRC_BYTES && frame->came == frame->length && crc == CRC_WHOLE;
}

static void put_escaped(uint8_t byte)
{
    if (byte == END || byte == ESCAPE) {
        serial_put(ESCAPE);
        byte = byte == END ? ESCAPED_END : ESCAPED_ESC;
    }
    serial_put(byte);
}

void frame_bytes(const void *bytes, uint32_t count)
{
    const uint8_t *from = bytes;

    for (uint32_t i = 0; i < count; i++) {
        sent_crc = crc_next(sent_crc, from[i]);
        put_escaped(from[i]);
    }
}

void frame_word(uint32_t word)
{
    const uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};

    frame_bytes(bytes, sizeof(bytes));
}

void frame_begin(uint8_t kind, uint32_t number, uint32_t length)
{
    sent_crc = CRC_START;
    serial_put(END);
    frame_bytes(&kind, 1);
    frame_word(number);
    frame_word(length);
}

void frame_end(void)
{
    frame_word(~sent_crc);
    serial_put(END);
}
