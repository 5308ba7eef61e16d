#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins and the LED: GP0 sends, GP1 receives, GP25 shines. */
void BOARD_InitPins(void);

#endif
