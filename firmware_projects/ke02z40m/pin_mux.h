#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: PTC6 receives, PTC7 sends. */
void BOARD_InitPins(void);

#endif
