/*
 * The console on the Pico's own USB port, as a serial port (CDC-ACM). Nothing is sent while the program runs, so that its times
 * are its own: what it prints is kept, and sent from the beginning to whoever opens the port once main() has ended.
 */
#ifndef RP2040_USB_CONSOLE_H
#define RP2040_USB_CONSOLE_H

/* Keep a character; beyond 2048 they are lost. */
void usb_console_keep(char character);

/* Called once main() has ended: appear on the USB port. */
void usb_console_start(void);

/* USBCTRL_IRQ, the part's sixth interrupt: answer the host. */
void usb_console_step(void);

#endif
