"""three.js for the views in 3-D, as NiceGUI ships it: no browser has to fetch it elsewhere."""

from pathlib import Path

from nicegui.elements import scene

THREE = {"nicegui-scene": str(Path(scene.__file__).parent / "dist")}
"""For ``esm`` of an element whose script imports from ``nicegui-scene``."""
