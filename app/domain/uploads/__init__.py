"""Files on their way in, piece by piece, over several days and devices if need be."""
