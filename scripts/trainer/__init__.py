"""Training runs with settings of your own: what spiral.py and fashion_mnist.py share."""
