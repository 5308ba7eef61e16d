#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: PTA1 receives, PTA2 sends. */
void BOARD_InitPins(void);

#endif
