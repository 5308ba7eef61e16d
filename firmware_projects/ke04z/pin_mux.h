#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: PTB0 receives, PTB1 sends. */
void BOARD_InitPins(void);

#endif
