/*
 * Messages over the console's UART: frames with a length and a checksum.
 *
 * A frame is a head of 9 bytes, a payload, and a checksum of 4 bytes, numbers with their low byte first:
 *
 *     kind (1), number (4), length of the payload (4), payload, checksum (4)
 *
 * The checksum is CRC-32 as in zlib and IEEE 802.3, over everything before it. On the line a frame is sent as SLIP does
 * (RFC 1055): between two bytes C0; a C0 inside is sent as DB DC, and a DB as DB DD. So the next frame is found whatever
 * was lost before it. helpers/own_network/on_board/frames.py has the other end.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t kind;
    uint32_t number;
    uint32_t length; /* of the payload, as the head states it */
    uint32_t came;   /* bytes of the payload that have come */
    bool whole;      /* length and checksum are right */
} frame_t;

/* Wait for the next frame. Each byte of its payload is given to `store`, before it is known whether the frame is whole. */
void frame_receive(frame_t *frame, void (*store)(uint32_t index, uint8_t byte));

/* Send a frame in pieces: its head, its payload of `length` bytes in one or more pieces, its checksum. */
void frame_begin(uint8_t kind, uint32_t number, uint32_t length);
void frame_bytes(const void *bytes, uint32_t count);
void frame_word(uint32_t word);
void frame_end(void);

#endif
