#ifndef PIN_MUX_H
#define PIN_MUX_H

/* The console's pins: GPIO_AD_B0_12 sends, GPIO_AD_B0_13 receives. */
void BOARD_InitBootPins(void);

#endif
