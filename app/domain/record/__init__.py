"""The record: what happened in the bodies where somebody sits, line by line, each with its proof."""
