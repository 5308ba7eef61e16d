#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: GPIO_AD_24 sends, GPIO_AD_25 receives. */
void BOARD_InitBootPins(void);

#endif
