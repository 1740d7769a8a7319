"""What every reader makes of damaged and hostile files: an error of ours or a value, at once and in little memory."""
