"""The player of a dataset's episode, which the browser fetches by itself, frame by frame."""

from nicegui import ui

from untether_nodes.console.dataset_routes import EPISODE_PATH, PICTURE_PATH


class DatasetPlayer(ui.element, component="static/dataset_player.js"):
    """All cameras of a frame, its action, who commanded, its reward, and controls for the time."""

    def __init__(self) -> None:
        super().__init__()
        self._props["episodePath"] = EPISODE_PATH
        self._props["picturePath"] = PICTURE_PATH
        self.close()

    def open(self, dataset: str, version: str, episode: int) -> None:
        """Show an episode from its first frame on."""
        self._props["shown"] = {"dataset": dataset, "version": version, "episode": episode}
        self.update()

    def close(self) -> None:
        """Show nothing."""
        self._props["shown"] = None
        self.update()
