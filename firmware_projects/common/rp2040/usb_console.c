/*
 * Registers and buffers: RP2040 data sheet, section 4.1 "USB". Requests: USB 2.0, chapter 9, and the USB class definitions for
 * communication devices 1.2 with its PSTN subclass (abstract control model).
 */
#include "rp2040/usb_console.h"

#include <stdbool.h>
#include <stdint.h>

#include "registers.h"
#include "rp2040/clocks.h"

#define DPRAM             0x50100000u
#define SETUP             ((const volatile uint8_t *)DPRAM)
#define CONTROL_IN(n)     REG32(DPRAM + 8u * (n)) /* of endpoint n, from 1 on */
#define CONTROL_OUT(n)    REG32(DPRAM + 8u * (n) + 4u)
#define BUFFER_IN(n)      REG32(DPRAM + 0x80u + 8u * (n))
#define BUFFER_OUT(n)     REG32(DPRAM + 0x84u + 8u * (n))
#define PLACE_0           0x100u /* where in DPRAM each endpoint's packets lie */
#define PLACE_DATA_IN     0x180u
#define PLACE_DATA_OUT    0x1C0u
#define PLACE_NOTICES     0x200u
#define PACKET            64u

#define USB_ADDR_ENDP     REG32(0x50110000)
#define USB_MAIN_CTRL     REG32(0x50110040)
#define USB_SIE_CTRL      REG32(0x5011004C)
#define USB_SIE_STATUS    REG32(0x50110050)
#define USB_BUFF_STATUS   REG32(0x50110058)
#define USB_EP_STALL_ARM  REG32(0x50110068)
#define USB_MUXING        REG32(0x50110074)
#define USB_PWR           REG32(0x50110078)
#define USB_INTE          REG32(0x50110090)
#define NVIC_ISER         REG32(0xE000E100)

#define EP_ENABLE         (1u << 31)
#define EP_EVERY_BUFFER   (1u << 29)
#define EP_BULK           (2u << 26)
#define EP_INTERRUPT      (3u << 26)
#define BUF_FULL          (1u << 15)
#define BUF_DATA1         (1u << 13)
#define BUF_STALL         (1u << 11)
#define BUF_AVAILABLE     (1u << 10)
#define STATUS_BUS_RESET  (1u << 19)
#define STATUS_SETUP      (1u << 17)
#define INT_SETUP         (1u << 16)
#define INT_BUS_RESET     (1u << 12)
#define INT_BUFFERS       (1u << 4)
#define DONE_IN(n)        (1u << (2u * (n)))
#define DONE_OUT(n)       (2u << (2u * (n)))
#define USBCTRL_IRQ       (1u << 5)

#define NOTICES           1u /* endpoints */
#define DATA              2u

/* 1209:0001 is pid.codes' id for private tests. Class 2: a communication device. */
static const uint8_t device[] = {18, 1, 0x00, 0x02, 2, 0, 0, PACKET, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 1};

static const uint8_t configuration[] = {
    9, 2, 67, 0, 2, 1, 0, 0x80, 50, /* two interfaces, from the bus's power, 100 mA */
    9, 4, 0, 0, 1, 2, 2, 0, 0,      /* control: one endpoint, communication, abstract control model */
    5, 0x24, 0, 0x10, 0x01,         /* header, 1.10 */
    5, 0x24, 1, 0, 1,               /* call management: none, data on interface 1 */
    4, 0x24, 2, 2,                  /* line coding and line state are understood */
    5, 0x24, 6, 0, 1,               /* interface 0 controls interface 1 */
    7, 5, 0x80 | NOTICES, 3, 8, 0, 255,
    9, 4, 1, 0, 2, 10, 0, 0, 0,     /* data: two endpoints */
    7, 5, DATA, 2, PACKET, 0, 0,
    7, 5, 0x80 | DATA, 2, PACKET, 0, 0,
};
_Static_assert(sizeof(configuration) == 67, "its length is its third byte");

static const uint8_t line_coding[] = {0x00, 0xC2, 0x01, 0x00, 0, 0, 8}; /* 115200 baud, 1 stop bit, no parity, 8 bits */
static const uint8_t zeros[2];

static uint8_t text[2048];
static uint32_t kept;
static uint32_t sent;
static bool data_busy;

static const uint8_t *answer; /* what is left of the answer on endpoint 0 */
static uint32_t answer_left;
static uint32_t new_address;
static uint32_t toggle[DATA + 1]; /* DATA0 or DATA1 for the next packet to the host, by endpoint */
static uint32_t toggle_out;        /* and for the next one from it */

void usb_console_keep(char character)
{
    if (kept < sizeof(text)) {
        text[kept++] = (uint8_t)character;
    }
}

/* The controller has a slower clock: it must see the rest of the word before "available" (section 4.1.2.5.1). */
static void hand_over(volatile uint32_t *buffer, uint32_t word)
{
    *buffer = word;
    for (uint32_t i = 0; i < 4; i++) {
        __asm volatile("nop\n\tnop\n\tnop");
    }
    *buffer = word | BUF_AVAILABLE;
}

static void send_packet(uint32_t endpoint, uint32_t place, const uint8_t *bytes, uint32_t count)
{
    volatile uint8_t *to = (volatile uint8_t *)(DPRAM + place);

    for (uint32_t i = 0; i < count; i++) {
        to[i] = bytes[i];
    }
    hand_over(&BUFFER_IN(endpoint), BUF_FULL | toggle[endpoint] | count);
    toggle[endpoint] ^= BUF_DATA1;
}

static void send_answer(void)
{
    uint32_t count = answer_left < PACKET ? answer_left : PACKET;

    send_packet(0, PLACE_0, answer, count);
    answer += count;
    answer_left -= count;
    if (answer_left == 0) { /* the host ends the request by an empty packet */
        hand_over(&BUFFER_OUT(0), BUF_DATA1 | PACKET);
    }
}

static void send_text(void)
{
    uint32_t count = kept - sent < PACKET ? kept - sent : PACKET;

    data_busy = count != 0;
    if (data_busy) {
        send_packet(DATA, PLACE_DATA_IN, text + sent, count);
        sent += count;
    }
}

static void acknowledge(void)
{
    send_packet(0, PLACE_0, zeros, 0);
}

static void refuse(void)
{
    USB_EP_STALL_ARM = 1;
    BUFFER_IN(0) = BUF_STALL;
}

static void configure(void)
{
    CONTROL_IN(NOTICES) = EP_ENABLE | EP_EVERY_BUFFER | EP_INTERRUPT | PLACE_NOTICES;
    CONTROL_IN(DATA) = EP_ENABLE | EP_EVERY_BUFFER | EP_BULK | PLACE_DATA_IN;
    CONTROL_OUT(DATA) = EP_ENABLE | EP_EVERY_BUFFER | EP_BULK | PLACE_DATA_OUT;
    toggle[NOTICES] = toggle[DATA] = toggle_out = 0;
    data_busy = false;
    hand_over(&BUFFER_OUT(DATA), PACKET); /* what the host sends is read and not used */
}

static void reply(const uint8_t *bytes, uint32_t count)
{
    uint32_t asked = SETUP[6] | ((uint32_t)SETUP[7] << 8);

    answer = bytes;
    answer_left = asked < count ? asked : count;
    send_answer();
}

static void on_standard_request(uint32_t request)
{
    uint32_t type = SETUP[3];

    if (request == 5) { /* SET_ADDRESS: from the acknowledgement on */
        new_address = SETUP[2];
        acknowledge();
    } else if (request == 6 && type == 1) { /* GET_DESCRIPTOR */
        reply(device, sizeof(device));
    } else if (request == 6 && type == 2) {
        reply(configuration, sizeof(configuration));
    } else if (request == 9) { /* SET_CONFIGURATION */
        configure();
        acknowledge();
    } else if ((SETUP[0] & 0x80) == 0) {
        acknowledge();
    } else if (request == 0 || request == 8 || request == 10) { /* GET_STATUS, GET_CONFIGURATION, GET_INTERFACE */
        reply(zeros, sizeof(zeros));
    } else {
        refuse();
    }
}

static void on_class_request(uint32_t request)
{
    if (request == 0x22) { /* SET_CONTROL_LINE_STATE: bit 0 tells that a program has opened the port */
        acknowledge();
        sent = (SETUP[2] & 1) != 0 ? 0 : kept;
        if (!data_busy) {
            send_text();
        }
    } else if (request == 0x21) { /* GET_LINE_CODING */
        reply(line_coding, sizeof(line_coding));
    } else if (request == 0x20) { /* SET_LINE_CODING: seven bytes follow */
        hand_over(&BUFFER_OUT(0), BUF_DATA1 | PACKET);
    } else {
        refuse();
    }
}

static void on_setup(void)
{
    USB_SIE_STATUS = STATUS_SETUP; /* writing its bit clears it */
    toggle[0] = BUF_DATA1;
    answer_left = 0;
    if ((SETUP[0] & 0x60) == 0x20) {
        on_class_request(SETUP[1]);
    } else {
        on_standard_request(SETUP[1]);
    }
}

static void on_buffers(void)
{
    uint32_t done = USB_BUFF_STATUS;

    USB_BUFF_STATUS = done;
    if ((done & DONE_IN(0)) != 0 && new_address != 0) {
        USB_ADDR_ENDP = new_address;
        new_address = 0;
    } else if ((done & DONE_IN(0)) != 0 && answer_left != 0) {
        send_answer();
    }
    if ((done & DONE_OUT(0)) != 0 && (SETUP[0] & 0x80) == 0) {
        acknowledge(); /* the line coding has come */
    }
    if ((done & DONE_IN(DATA)) != 0) {
        send_text();
    }
    if ((done & DONE_OUT(DATA)) != 0) {
        toggle_out ^= BUF_DATA1;
        hand_over(&BUFFER_OUT(DATA), toggle_out | PACKET);
    }
}

void usb_console_step(void)
{
    uint32_t status = USB_SIE_STATUS;

    if ((status & STATUS_BUS_RESET) != 0) {
        USB_SIE_STATUS = STATUS_BUS_RESET;
        USB_ADDR_ENDP = 0;
        new_address = 0;
    }
    if ((status & STATUS_SETUP) != 0) {
        on_setup();
    }
    if (USB_BUFF_STATUS != 0) {
        on_buffers();
    }
}

void usb_console_start(void)
{
    rp2040_start_usb_clock();
    rp2040_release(RESET_USBCTRL);
    for (uint32_t offset = 0; offset < 0x100; offset += 4) {
        REG32(DPRAM + offset) = 0;
    }
    USB_MUXING = (1u << 0) | (1u << 3); /* to the pins, by software's pull-up */
    USB_PWR = (1u << 2) | (1u << 3);    /* VBUS is there: the board has no pin that would tell */
    USB_MAIN_CTRL = 1;
    USB_SIE_CTRL = 1u << 29; /* each buffer of endpoint 0 interrupts */
    USB_INTE = INT_SETUP | INT_BUS_RESET | INT_BUFFERS;
    NVIC_ISER = USBCTRL_IRQ;
    USB_SIE_CTRL |= 1u << 16; /* the pull-up: the host sees us from here on */
}
