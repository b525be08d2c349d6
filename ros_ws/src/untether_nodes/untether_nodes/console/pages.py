"""The pages of the console, in the order of its navigation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: In the navigation.
        path: Where it is.
        icon: Name of a Material icon.
    """

    title: str
    path: str
    icon: str


SWARM = Page("Swarm", "/", "hive")
ARM = Page("Arm", "/arm", "precision_manufacturing")
DATASETS = Page("Datasets", "/datasets", "video_library")
PAGES = (SWARM, ARM, DATASETS)
