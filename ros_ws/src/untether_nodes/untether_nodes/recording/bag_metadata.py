"""The ``metadata.yaml`` of a rosbag2 folder, and quality of service as rosbag2 writes it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml
from rclpy.duration import Duration
from rclpy.qos import QoSProfile

_VERSION = 9  # of the format: Jazzy and later write it, older ones read what they know of it
_FOREVER = {"sec": 9223372036, "nsec": 854775807}
_DEFAULT_DISTRIBUTION = "kilted"


@dataclass(frozen=True)
class BagTopic:
    """A recorded topic.

    Attributes:
        name: Full name.
        message_type: For example ``nav_msgs/msg/Odometry``.
        type_hash: Hash of the type's description, empty when it is not known.
        profiles: Quality of service that the publishers offered.
    """

    name: str
    message_type: str
    type_hash: str
    profiles: tuple[QoSProfile, ...]


def describe_profiles(profiles: Sequence[QoSProfile]) -> list[dict[str, object]]:
    """Return quality of service as rosbag2 writes it."""
    return [
        {
            "history": profile.history.name.lower(),
            "depth": profile.depth,
            "reliability": profile.reliability.name.lower(),
            "durability": profile.durability.name.lower(),
            "deadline": _describe_duration(profile.deadline),
            "lifespan": _describe_duration(profile.lifespan),
            "liveliness": profile.liveliness.name.lower(),
            "liveliness_lease_duration": _describe_duration(profile.liveliness_lease_duration),
            "avoid_ros_namespace_conventions": profile.avoid_ros_namespace_conventions,
        }
        for profile in profiles
    ]


def describe_bag(
    file: str,
    topics: Sequence[tuple[BagTopic, int]],
    start: int,
    end: int,
    custom: Mapping[str, str],
) -> str:
    """Return the text of ``metadata.yaml``.

    Args:
        file: Name of the only file.
        topics: The topics with their numbers of messages.
        start: Time of the first message [ns].
        end: Time of the last message [ns].
        custom: What else to say about the bag.
    """
    times = {
        "starting_time": {"nanoseconds_since_epoch": start},
        "duration": {"nanoseconds": max(0, end - start)},
        "message_count": sum(count for _, count in topics),
    }
    bag = {
        "version": _VERSION,
        "storage_identifier": "mcap",
        **times,
        "topics_with_message_count": [
            {"topic_metadata": _describe_topic(topic), "message_count": count}
            for topic, count in topics
        ],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [file],
        "files": [{"path": file, **times}],
        "custom_data": dict(custom),
        "ros_distro": os.environ.get("ROS_DISTRO", _DEFAULT_DISTRIBUTION),
    }
    document = {"rosbag2_bagfile_information": bag}
    return yaml.dump(document, Dumper=_PlainDumper, sort_keys=False)


class _PlainDumper(yaml.SafeDumper):
    """Writes equal parts twice instead of by reference, which rosbag2 does not expect."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _describe_topic(topic: BagTopic) -> dict[str, object]:
    return {
        "name": topic.name,
        "type": topic.message_type,
        "serialization_format": "cdr",
        "offered_qos_profiles": describe_profiles(topic.profiles),
        "type_description_hash": topic.type_hash,
    }


def _describe_duration(duration: Duration) -> dict[str, int]:
    seconds, nanoseconds = divmod(duration.nanoseconds, 1_000_000_000)
    return {"sec": seconds, "nsec": nanoseconds} if duration.nanoseconds else dict(_FOREVER)
