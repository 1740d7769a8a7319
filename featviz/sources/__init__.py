"""Where the numbers come from: a language model, sparse autoencoders and tokens, normalised at the door."""
