/*
 * One image through a neural network that Glow has compiled, and the class it finds.
 *
 * Shape and names are those of NXP's SDK example glow_lenet_mnist, where the note's steps 4 to 13 start from: they put
 * the note's own network in the place of the example's LeNet, whose bundle comes with that SDK.
 */
#include <stdio.h>
#include "peripherals.h"
#include "pin_mux.h"
#include "clock_config.h"
#include "fsl_debug_console.h"
#include "timer.h"
#include "board.h"

// The bundle: its header, and the application's side of its interface.
#include "lenet_mnist.h"
#include "glow_bundle_utils.h"

// Constant weights: what the network has learnt.
GLOW_MEM_ALIGN(LENET_MNIST_MEM_ALIGN)
uint8_t constantWeight[LENET_MNIST_CONSTANT_MEM_SIZE] = {
#include "lenet_mnist.weights.txt"
};

// Mutable weights: the network's input and output.
GLOW_MEM_ALIGN(LENET_MNIST_MEM_ALIGN)
uint8_t mutableWeight[LENET_MNIST_MUTABLE_MEM_SIZE];

// Activations: what one layer hands to the next.
GLOW_MEM_ALIGN(LENET_MNIST_MEM_ALIGN)
uint8_t activations[LENET_MNIST_ACTIVATIONS_MEM_SIZE];

// Where input and output lie among the mutable weights.
uint8_t *inputAddr = GLOW_GET_ADDR(mutableWeight, LENET_MNIST_data);
uint8_t *outputAddr = GLOW_GET_ADDR(mutableWeight, LENET_MNIST_softmax);

// Size of the input in bytes, and number of classes.
#define LENET_MNIST_INPUT_SIZE    28*28*sizeof(float)
#define LENET_MNIST_OUTPUT_CLASS  10

// The image, prepared as the network wants it.
uint8_t imageData[LENET_MNIST_INPUT_SIZE] = {
#include "input_image.inc"
};

int main(void) {

  // Initialize hardware.
  BOARD_ConfigMPU();
  BOARD_InitBootPins();
  BOARD_InitBootClocks();
  BOARD_InitBootPeripherals();
  BOARD_InitDebugConsole();
  init_timer();

  // Timer variables.
  uint32_t start_time, stop_time;
  uint32_t duration_ms;

  // Copy the image into the bundle's input.
  memcpy(inputAddr, imageData, sizeof(imageData));

  // Run the network and take the time.
  start_time = get_time_in_us();
  lenet_mnist(constantWeight, mutableWeight, activations);
  stop_time = get_time_in_us();
  duration_ms = (stop_time - start_time) / 1000;

  // The class with the highest confidence.
  float *out_data = (float*)(outputAddr);
  float max_val = 0.0;
  uint32_t max_idx = 0;
  for(int i = 0; i < LENET_MNIST_OUTPUT_CLASS; i++) {
    if (out_data[i] > max_val) {
      max_val = out_data[i];
      max_idx = i;
    }
  }

  // Print the result.
  PRINTF("Top1 class = %lu\r\n", max_idx);
  PRINTF("Confidence = 0.%03u\r\n", (int)(max_val * 1000));
  PRINTF("Inference time = %lu (ms)\r\n", duration_ms);

  return 0;
}
