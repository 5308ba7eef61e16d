/*
 * Any network: one test input through it, or one for each input that it has, and every output on the console.
 *
 * What is this network's own is in own_network.h and test_input.inc; what is this board's own are the first headers and
 * the first lines of main(), as in the board's hello_world.c.
 */
#include "peripherals.h"
#include "pin_mux.h"
#include "clock_config.h"
#include "fsl_debug_console.h"
#include "timer.h"
#include "board.h"

#include "long_timer.h"
#include "own_network.h"
#include "glow_bundle_utils.h"

// Constant weights: what the network has learnt.
GLOW_MEM_ALIGN(OWN_MEM_ALIGN)
OWN_CONST uint8_t constantWeight[OWN_CONSTANT_MEM_SIZE] = {
#include OWN_WEIGHTS
};

// Mutable weights: the network's inputs and outputs.
GLOW_MEM_ALIGN(OWN_MEM_ALIGN)
OWN_MUTABLE_PLACE uint8_t mutableWeight[OWN_MUTABLE_MEM_SIZE];

// Activations: what one layer hands to the next.
GLOW_MEM_ALIGN(OWN_MEM_ALIGN)
OWN_ACTIVATIONS_PLACE uint8_t activations[OWN_ACTIVATIONS_MEM_SIZE];

// The test inputs one behind the other, byte by byte as the network reads them.
GLOW_MEM_ALIGN(4)
const uint8_t inputData[] = {
#include "test_input.inc"
};

// What OWN_INPUTS does with each: a copy of its bytes, or their address where the network reads it in place.
#define COPY(offset, first, count) memcpy(GLOW_GET_ADDR(mutableWeight, offset), inputData + first, count);
#define POINT(offset, first, count) *(const uint8_t **)GLOW_GET_ADDR(mutableWeight, offset) = inputData + first;

// What OWN_OUTPUTS does with each: a line a value.
#define PRINT_INTEGERS(name, offset, type, count) \
  for (uint32_t i = 0; i < count; i++) { \
    PRINTF(name " %u = %d\r\n", i, ((const type *)GLOW_GET_ADDR(mutableWeight, offset))[i]); \
  }
#define SHOW_THE_CLASS(offset, type, count) \
  for (uint32_t i = 0, largest = 0; i < count; i++) { \
    const type *values = (const type *)GLOW_GET_ADDR(mutableWeight, offset); \
    largest = values[i] > values[largest] ? i : largest; \
    if (i == count - 1) { \
      PRINTF("Top1 class = %u\r\n", largest); \
    } \
  }
#define PRINT_FLOATS(name, offset, type, count) \
  for (uint32_t i = 0; i < count; i++) { \
    PRINTF(name " %u = ", i); \
    print_float(((const type *)GLOW_GET_ADDR(mutableWeight, offset))[i]); \
  }

#if OWN_PRINTS_FLOATS
// PRINTF knows no floats: the value's bits, which say all of it, and thousandths for the eye.
static void print_float(float value) {
  uint32_t bits;
  float size = value < 0 ? -value : value;

  memcpy(&bits, &value, sizeof(bits));
  PRINTF("0x%08x", bits);
  if (size < 1e6f) {
    uint32_t thousandths = (uint32_t)(size * 1000 + 0.5f);
    PRINTF(" (%s%u.%03u)", value < 0 ? "-" : "", thousandths / 1000, thousandths % 1000);
  }
  PRINTF("\r\n");
}
#endif

// A network may take longer than SysTick counts: this counts its rounds.
void SysTick_Handler(void);
void SysTick_Handler(void) {
  count_timer_round();
}

int main(void) {

  // Initialize hardware.
  BOARD_ConfigMPU();
  BOARD_InitBootPins();
  BOARD_InitBootClocks();
  BOARD_InitBootPeripherals();
  BOARD_InitDebugConsole();

  uint32_t start_time, stop_time;

  // Hand over the inputs.
  OWN_INPUTS

  // Run the network and take the time.
  init_long_timer();
  start_time = get_long_time_in_us();
  OWN_RUN((uint8_t *)constantWeight, mutableWeight, activations);
  stop_time = get_long_time_in_us();

  // Print the result.
  OWN_OUTPUTS
#ifdef BOARD_SHOWS_THE_CLASS
  OWN_CLASS
#endif
  PRINTF("Inference time = %u (us)\r\n", stop_time - start_time);

  return 0;
}
