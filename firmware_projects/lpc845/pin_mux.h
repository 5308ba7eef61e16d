#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: PIO0_24 receives, PIO0_25 sends. */
void BOARD_InitBootPins(void);

#endif
