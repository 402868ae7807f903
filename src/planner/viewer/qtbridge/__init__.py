"""What carries work between threads and Qt."""
