/* What the small Kinetis KE0x parts share: their watchdog, and the way from reset to the crystal's clock. */
#ifndef KE0X_H
#define KE0X_H

/*
 * Run the FLL from the crystal of 4 to 20 MHz, divided by 256; it multiplies by 1024 (KE02) or 1280 (KE04). The dividers
 * behind it must be set already, as their clocks get faster here.
 */
void ke0x_run_from_crystal(void);

#endif
