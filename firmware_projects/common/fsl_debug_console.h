/* The SDK's name for the console, so that main.c reads as it does there. */
#ifndef FSL_DEBUG_CONSOLE_H
#define FSL_DEBUG_CONSOLE_H

#include "console.h"

#define PRINTF console_printf

#endif
