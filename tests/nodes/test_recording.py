import subprocess
import sys

import pytest
import yaml
from mcap.reader import make_reader
from rclpy.serialization import serialize_message
from rosbags.highlevel import AnyReader
from std_msgs.msg import Header, String
from untether_interfaces.msg import Command

from untether_nodes import qos
from untether_nodes.recording.bag_metadata import BagTopic
from untether_nodes.recording.bag_thread import BagThread
from untether_nodes.recording.bag_writer import BagWriter, Record
from untether_nodes.recording.message_definition import (
    DefinitionError,
    import_message,
    read_definition,
)
from untether_nodes.recording.provenance import describe_origin, find_revision
from untether_nodes.recording.recovery import main as recover
from untether_nodes.recording.recovery import recover_bag

TEXT = BagTopic("/text", "std_msgs/msg/String", "", (qos.STATE,))
COMMAND = BagTopic("/cf1/command", "untether_interfaces/msg/Command", "", (qos.COMMAND,))


def make_writer(folder):
    writer = BagWriter(folder, library="test", custom={"git_revision": "abc"})
    writer.add_topic(TEXT)
    writer.add_topic(COMMAND)
    return writer


def make_record(index, text="hello"):
    data = serialize_message(String(data=f"{text} {index}"))
    return Record("/text", 1_000 + 10 * index, 1_000 + 10 * index - 3, data)


def read_texts(folder):
    with AnyReader([folder]) as reader:
        connections = [one for one in reader.connections if one.topic == "/text"]
        return [
            reader.deserialize(raw, connection.msgtype).data
            for connection, _, raw in reader.messages(connections)
        ]


def test_a_definition_holds_those_of_all_types_inside():
    text = read_definition("untether_interfaces/msg/Command")
    first, *rest = text.split("=" * 80 + "\n")
    assert "float64[] values" in first
    names = [part.splitlines()[0] for part in rest]
    assert names == ["MSG: std_msgs/Header", "MSG: builtin_interfaces/Time"]


def test_a_definition_resolves_types_of_its_own_package_arrays_and_constants():
    text = read_definition("diagnostic_msgs/msg/DiagnosticArray")
    assert "MSG: diagnostic_msgs/DiagnosticStatus" in text
    assert "MSG: diagnostic_msgs/KeyValue" in text
    assert text.count("MSG: ") == len(set(text.split("MSG: ")[1:]))


@pytest.mark.parametrize("name", ["no_msgs/msg/Nothing", "std_msgs/msg/Nothing", "nonsense"])
def test_a_type_that_is_not_installed_is_named(name):
    with pytest.raises(DefinitionError, match=name.partition("/")[0]):
        read_definition(name)
    with pytest.raises(DefinitionError, match=name.partition("/")[0]):
        import_message(name)


def test_a_type_is_imported():
    assert import_message("std_msgs/msg/Header") is Header


def test_rosbags_reads_what_was_written(tmp_path):
    writer = make_writer(tmp_path / "bag")
    writer.write_all(make_record(index) for index in range(5))
    command = Command(names=["m1", "m2"], values=[0.25, 0.5], sequence=7)
    writer.write_all([Record("/cf1/command", 1_100, 1_090, serialize_message(command))])
    writer.close()
    assert read_texts(tmp_path / "bag") == [f"hello {index}" for index in range(5)]
    with AnyReader([tmp_path / "bag"]) as reader:
        ((connection, stamp, raw),) = reader.messages(
            [one for one in reader.connections if one.topic == "/cf1/command"]
        )
        message = reader.deserialize(raw, connection.msgtype)
        assert (stamp, list(message.values), message.sequence) == (1_100, [0.25, 0.5], 7)
        offered = connection.ext.offered_qos_profiles[0]
        assert (offered.depth, offered.reliability.name) == (1, "RELIABLE")


def test_metadata_tells_counts_and_times(tmp_path):
    writer = make_writer(tmp_path / "bag")
    writer.write_all(make_record(index) for index in range(5))
    writer.close()
    document = yaml.safe_load((tmp_path / "bag" / "metadata.yaml").read_text())
    bag = document["rosbag2_bagfile_information"]
    counts = {one["topic_metadata"]["name"]: one["message_count"]
              for one in bag["topics_with_message_count"]}  # fmt: skip
    assert counts == {"/text": 5, "/cf1/command": 0}
    assert bag["message_count"] == 5
    assert bag["starting_time"]["nanoseconds_since_epoch"] == 1_000
    assert bag["duration"]["nanoseconds"] == 40
    assert bag["relative_file_paths"] == ["bag_0.mcap"]
    assert bag["custom_data"] == {"git_revision": "abc"}


def test_documents_and_facts_are_in_the_file(tmp_path):
    writer = make_writer(tmp_path / "bag")
    writer.attach("contract.yaml", "application/yaml", b"name: x", 5)
    writer.add_metadata("policy", {"sha256": "123"})
    writer.close()
    with (tmp_path / "bag" / "bag_0.mcap").open("rb") as stream:
        reader = make_reader(stream)
        (attachment,) = reader.iter_attachments()
        facts = {record.name: record.metadata for record in reader.iter_metadata()}
    assert (attachment.name, attachment.data) == ("contract.yaml", b"name: x")
    assert facts["untether"] == {"git_revision": "abc"}
    assert facts["policy"] == {"sha256": "123"}


def test_a_recording_never_overwrites_another(tmp_path):
    make_writer(tmp_path / "bag").close()
    with pytest.raises(FileExistsError):
        make_writer(tmp_path / "bag")


def write_a_cut_off_bag(folder):
    """Write three chunks and a bit, and lose what a kill would lose."""
    writer = make_writer(folder)
    writer.attach("contract.yaml", "application/yaml", b"name: x", 5)
    writer.write_all(make_record(index, "x" * 1_000) for index in range(300))
    writer.flush()
    return (folder / f"{folder.name}_0.mcap").read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 500, 1_000], ids=lambda cut: f"{cut} bytes short")
def test_a_cut_off_recording_is_made_whole(tmp_path, cut):
    folder = tmp_path / "bag"
    content = write_a_cut_off_bag(folder)
    (folder / "bag_0.mcap").write_bytes(content[: len(content) - cut])
    saved = recover_bag(folder)
    assert 100 < saved < 300
    assert not (folder / "metadata.yaml").exists()
    assert len(read_texts(folder / "bag_0.mcap")) == saved
    with (folder / "bag_0.mcap").open("rb") as stream:
        assert [one.name for one in make_reader(stream).iter_attachments()] == ["contract.yaml"]


def test_recovery_is_a_command(tmp_path, monkeypatch, capsys):
    write_a_cut_off_bag(tmp_path / "bag")
    monkeypatch.setattr(sys, "argv", ["recovery", str(tmp_path / "bag")])
    assert recover() == 0
    assert "messages saved" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["recovery", str(tmp_path)])
    assert recover() == 1
    assert "expected" in capsys.readouterr().err


def test_a_thread_writes_in_order_and_closes_the_bag(tmp_path):
    bag = BagThread(make_writer(tmp_path / "bag"))
    for index in range(50):
        bag.submit(lambda writer, index=index: writer.write_all([make_record(index)]))
    bag.close()
    assert bag.error is None and bag.waiting == 0
    assert read_texts(tmp_path / "bag") == [f"hello {index}" for index in range(50)]


def test_a_full_disk_ends_the_recording_and_not_the_process(tmp_path):
    bag = BagThread(make_writer(tmp_path / "bag"))
    done = []

    def fail(writer):
        raise OSError("no space left on device")

    bag.submit(fail)
    bag.submit(done.append)
    bag.close()
    assert "no space" in str(bag.error)
    assert done == []


@pytest.mark.parametrize("error", [KeyError("/lost"), ValueError("too large")], ids=repr)
def test_a_job_that_fails_costs_itself_alone(tmp_path, error):
    bag = BagThread(make_writer(tmp_path / "bag"))

    def fail(writer):
        raise error

    bag.submit(lambda writer: writer.write_all([make_record(0)]))
    bag.submit(fail)
    bag.submit(lambda writer: writer.write_all([make_record(1)]))
    bag.close()
    assert bag.error is error
    assert read_texts(tmp_path / "bag") == ["hello 0", "hello 1"]


def test_a_recording_that_nobody_closes_does_not_keep_the_process_alive(tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from untether_nodes.recording.bag_thread import BagThread\n"
        "from untether_nodes.recording.bag_writer import BagWriter\n"
        "BagThread(BagWriter(Path(sys.argv[1]), library='test', custom={}))\n"
        "raise SystemExit(3)\n"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "bag")]
    assert subprocess.run(words, timeout=60, check=False).returncode == 3


def test_the_origin_names_revision_and_versions():
    assert set(describe_origin()) >= {"git_revision", "untether", "python", "machine"}


def git(folder, *arguments):
    names = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """A repository with one file, and a file beside it that it does not have."""
    (tmp_path / "ours.py").write_text("")
    git(tmp_path, "init")
    git(tmp_path, "add", "ours.py")
    git(tmp_path, "commit", "-m", "first")
    (tmp_path / "installed.py").write_text("")
    return tmp_path


def test_the_revision_is_that_of_the_repository_that_has_the_file(repository):
    assert len(find_revision(repository / "ours.py")) == 40
    (repository / "ours.py").write_text("changed")
    assert find_revision(repository / "ours.py").endswith("-dirty")


def test_what_is_installed_inside_another_repository_has_not_its_revision(repository):
    assert find_revision(repository / "installed.py") == "unknown"


def test_a_repository_that_the_environment_names_is_not_looked_at(
    repository, tmp_path_factory, monkeypatch
):
    other = tmp_path_factory.mktemp("other") / "ours.py"
    other.write_text("")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    assert find_revision(other) == "unknown"
