#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: PTB16 receives, PTB17 sends. */
void BOARD_InitPins(void);

#endif
