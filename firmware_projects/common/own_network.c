/*
 * Any network that has one input and one output: one test input through it, and every output on the console.
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

#include "own_network.h"
#include "glow_bundle_utils.h"

// Constant weights: what the network has learnt.
GLOW_MEM_ALIGN(OWN_MEM_ALIGN)
OWN_CONST uint8_t constantWeight[OWN_CONSTANT_MEM_SIZE] = {
#include OWN_WEIGHTS
};

// Mutable weights: the network's input and output.
GLOW_MEM_ALIGN(OWN_MEM_ALIGN)
uint8_t mutableWeight[OWN_MUTABLE_MEM_SIZE];

// Activations: what one layer hands to the next.
GLOW_MEM_ALIGN(OWN_MEM_ALIGN)
uint8_t activations[OWN_ACTIVATIONS_MEM_SIZE];

// The test input, byte by byte as the network reads it.
GLOW_MEM_ALIGN(4)
const uint8_t inputData[] = {
#include "test_input.inc"
};

#if OWN_OUTPUT_IS_FLOAT
// PRINTF knows no floats: the value's bits, which say all of it, and thousandths for the eye.
static void print_output(uint32_t index, float value) {
  uint32_t bits;
  float size = value < 0 ? -value : value;

  memcpy(&bits, &value, sizeof(bits));
  PRINTF("Output %u = 0x%08x", index, bits);
  if (size < 1e6f) {
    uint32_t thousandths = (uint32_t)(size * 1000 + 0.5f);
    PRINTF(" (%s%u.%03u)", value < 0 ? "-" : "", thousandths / 1000, thousandths % 1000);
  }
  PRINTF("\r\n");
}
#else
static void print_output(uint32_t index, int32_t value) {
  PRINTF("Output %u = %d\r\n", index, value);
}
#endif

int main(void) {

  // Initialize hardware.
  BOARD_ConfigMPU();
  BOARD_InitBootPins();
  BOARD_InitBootClocks();
  BOARD_InitBootPeripherals();
  BOARD_InitDebugConsole();

  uint32_t start_time, stop_time;
  uint8_t *inputAddr = GLOW_GET_ADDR(mutableWeight, OWN_INPUT);
  const OWN_OUTPUT_TYPE *output = (const OWN_OUTPUT_TYPE *)GLOW_GET_ADDR(mutableWeight, OWN_OUTPUT);

  // Hand over the input: a copy of it, or its address where the network reads it in place.
#if OWN_INPUT_IS_READ_IN_PLACE
  *(const uint8_t **)inputAddr = inputData;
#else
  memcpy(inputAddr, inputData, sizeof(inputData));
#endif

  // Run the network and take the time.
  init_timer();
  start_time = get_time_in_us();
  OWN_RUN((uint8_t *)constantWeight, mutableWeight, activations);
  stop_time = get_time_in_us();

  // Print the result.
  for (uint32_t i = 0; i < OWN_OUTPUT_COUNT; i++) {
    print_output(i, output[i]);
  }
  PRINTF("Inference time %s %u (us)\r\n", timer_overran() ? ">" : "=", stop_time - start_time);

  return 0;
}
