/*
 * Any network, asked from outside: each input that arrives over the UART is computed, and every output is sent back.
 *
 * `python -m helpers verify --on-board` builds it and asks. frames.h has the form of the messages; these are their kinds:
 *
 *     to the board     H  hello: a number that the board keeps (4)
 *                      I  an input, all inputs one behind the other; the frame's number is the input's
 *     from the board   R  ready: version (1), number kept from the last hello (4; 0 after a reset), build (8), bytes of an
 *                         input (4), bytes of the outputs (4); sent once after reset, with the number 0, and as the answer
 *                         to each hello, with its number
 *                      O  the outputs, one behind the other: microseconds (4), then all bytes; the input's number
 *                      E  what came was no whole frame, or no input of this network: bytes stated (4), bytes come (4)
 *
 * What is this network's own is in own_network.h and on_board.h; what is this board's own are the first headers and the
 * first lines of main(), as in the board's hello_world.c.
 */
#include "peripherals.h"
#include "pin_mux.h"
#include "clock_config.h"
#include "fsl_debug_console.h"
#include "timer.h"
#include "board.h"

#include "frames.h"
#include "long_timer.h"
#include "on_board.h"
#include "own_network.h"
#include "serial.h"
#include "glow_bundle_utils.h"

#define VERSION 1u

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

// How many bytes an input has, how many of the network's inputs are read in place, and how many bytes its outputs have.
#define COPY(offset, first, count) + (count)
#define POINT(offset, first, count) + (count)
enum { INPUT_BYTES = 0 OWN_INPUTS };
#undef COPY
#undef POINT
#define COPY(offset, first, count)
#define POINT(offset, first, count) + 1
enum { IN_PLACE = 0 OWN_INPUTS };
#undef COPY
#undef POINT
#define PRINT_INTEGERS(name, offset, type, count) + (count) * sizeof(type)
#define PRINT_FLOATS(name, offset, type, count) + (count) * sizeof(type)
enum { OUTPUT_BYTES = 0 OWN_OUTPUTS };
#undef PRINT_INTEGERS
#undef PRINT_FLOATS

// Where the inputs lie that the network reads in place; the others arrive where it reads them.
GLOW_MEM_ALIGN(4)
uint8_t inPlace[IN_PLACE ? INPUT_BYTES : 1];

static uint32_t kept; // the number of the last hello

// What OWN_INPUTS does with each: a byte of it arrives.
#define COPY(offset, first, count) \
  if (index - (first) < (count)) { \
    GLOW_GET_ADDR(mutableWeight, offset)[index - (first)] = byte; \
  }
#define POINT(offset, first, count) \
  if (index - (first) < (count)) { \
    inPlace[index] = byte; \
  }
static void store_input(uint32_t index, uint8_t byte) {
  OWN_INPUTS
}
#undef COPY
#undef POINT

static uint8_t hello[4];

static void store_hello(uint32_t index, uint8_t byte) {
  if (index < sizeof(hello)) {
    hello[index] = byte;
  }
}

// The kind is known before the first byte of the payload.
static frame_t frame;

static void store(uint32_t index, uint8_t byte) {
  if (frame.kind == 'I') {
    store_input(index, byte);
  } else {
    store_hello(index, byte);
  }
}

// What OWN_INPUTS does with each before the network runs: its address where the network reads it in place.
#define COPY(offset, first, count)
#define POINT(offset, first, count) *(const uint8_t **)GLOW_GET_ADDR(mutableWeight, offset) = inPlace + (first);
static uint32_t run(void) {
  OWN_INPUTS
  init_long_timer();
  uint32_t start_time = get_long_time_in_us();
  OWN_RUN((uint8_t *)constantWeight, mutableWeight, activations);
  return get_long_time_in_us() - start_time;
}

// What OWN_OUTPUTS does with each: its bytes.
#define PRINT_INTEGERS(name, offset, type, count) \
  frame_bytes(GLOW_GET_ADDR(mutableWeight, offset), (count) * sizeof(type));
#define PRINT_FLOATS(name, offset, type, count) PRINT_INTEGERS(name, offset, type, count)
static void answer(uint32_t number, uint32_t microseconds) {
  frame_begin('O', number, 4 + OUTPUT_BYTES);
  frame_word(microseconds);
  OWN_OUTPUTS
  frame_end();
}

static void send_ready(uint32_t number) {
  static const uint8_t version = VERSION;
  static const uint8_t build[] = ON_BOARD_BUILD;

  frame_begin('R', number, 1 + 4 + sizeof(build) + 4 + 4);
  frame_bytes(&version, 1);
  frame_word(kept);
  frame_bytes(build, sizeof(build));
  frame_word(INPUT_BYTES);
  frame_word(OUTPUT_BYTES);
  frame_end();
}

static void send_error(void) {
  frame_begin('E', frame.number, 4 + 4);
  frame_word(frame.length);
  frame_word(frame.came);
  frame_end();
}

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
  serial_start();

  send_ready(0);
  for (;;) {
    frame_receive(&frame, store);
    if (frame.whole && frame.kind == 'I' && frame.length == INPUT_BYTES) {
      answer(frame.number, run());
    } else if (frame.whole && frame.kind == 'H' && frame.length == sizeof(hello)) {
      send_ready(frame.number);
      memcpy(&kept, hello, sizeof(kept));
    } else {
      send_error();
    }
  }
}
