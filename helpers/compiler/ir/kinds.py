"""Groups of kinds of nodes that several stages tell apart. A kind itself is defined by its operator (`kind = "..."`)."""

CONVOLUTIONS = ("Convolution", "ChannelwiseQuantizedConvolution")
DENSE = ("FullyConnected", "RowwiseQuantizedFullyConnected")
SUMS = CONVOLUTIONS + DENSE  # a result is a sum of products of a window and a bias
# Sums of products as well, but without constants, or not of a window.
PRODUCTS = ("MatMul", "BatchMatMul", "ConvTranspose")
BINARY = ("Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu")  # repeat the smaller of two inputs
FUSIBLE = ("Relu", "Clip", "LeakyRelu")  # activations that a convolution can compute with its result
