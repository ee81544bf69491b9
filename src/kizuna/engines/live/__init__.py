"""Events while messages come in, the same as from the file afterwards."""
