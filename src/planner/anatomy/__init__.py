"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""
