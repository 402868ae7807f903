"""Points, frames, grids and distances; numpy only."""
