"""What tests of the toolchain share: registries on loopback, small archives, a checkout's copy."""
