"""What a release is made of: sets, pins, receipts, and their files. No Git, no programs."""
