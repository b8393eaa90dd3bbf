"""Training runs with settings of one's own: what spiral.py and fashion_mnist.py share."""
