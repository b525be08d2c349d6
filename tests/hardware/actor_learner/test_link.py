import contextlib
import os
import shutil
import threading
from pathlib import Path
from uuid import UUID

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hardware.actor_learner.records import join, make_record, see
from tests.hardware.actor_learner.test_record import SCHEMA

from untether_hardware.actor_learner.actor_client import ActorClient
from untether_hardware.actor_learner.entry import Entry, Mark
from untether_hardware.actor_learner.errors import JournalError, LinkError, RecordError
from untether_hardware.actor_learner.journal import Journal
from untether_hardware.actor_learner.journal_reader import JournalReader
from untether_hardware.actor_learner.learner_server import LearnerServer
from untether_hardware.actor_learner.learner_status import LearnerStatus, fetch_status
from untether_hardware.actor_learner.messages import PIECE_SIZE, encode_hello
from untether_hardware.actor_learner.record import EpisodeBegin, Transition

LIMIT = 20.0  # [s]
TOKEN = "a token of enough characters"
ACTOR = UUID(int=1)


@pytest.fixture
def server(journal):
    with LearnerServer(journal) as server:
        yield server


@pytest.fixture
def make_client(tmp_path):
    """Return a function that makes a client with the test's own outbox."""
    with contextlib.ExitStack() as stack:
        yield lambda address, name="outbox", **options: stack.enter_context(
            ActorClient(tmp_path / name, address, weights_period=0.01, **options)
        )


def send(client, first, count):
    for sequence in range(first, first + count):
        client.send(make_record(sequence))


def payloads(journal):
    return [bytes(entry.payload) for entry in JournalReader(journal.folder)]


def expected(count):
    return [join(make_record(sequence)) for sequence in range(1, count + 1)]


def wait_for(event):
    """Wait until a function returns something."""
    pause = threading.Event()
    for _ in range(int(LIMIT / 0.01)):
        if found := event():
            return found
        pause.wait(0.01)
    raise TimeoutError


def refused(client):
    """Return the error that ends a client's link."""

    def find():
        try:
            client.check()
        except (JournalError, LinkError) as error:
            return error
        return None

    return wait_for(find)


def call_records(server, *messages, metadata=()):
    """Send messages as an actor's records, and return the status."""
    with grpc.insecure_channel(server.address) as channel:
        call = channel.stream_stream("/untether.ActorLearner/Records")
        answers = call(iter(messages), metadata=metadata, timeout=LIMIT)
        with contextlib.suppress(grpc.RpcError):
            list(answers)
        return answers.code(), answers.details()


def test_records_arrive_once_in_order_and_bit_for_bit(server, journal, make_client):
    client = make_client(server.address)
    send(client, 1, 95)
    assert client.wait_acknowledged(LIMIT)
    assert client.acknowledged == client.newest == journal.newest(client.actor)
    assert payloads(journal) == expected(95)
    status = fetch_status(server.address)
    assert (status.weights, status.records, status.actors) == (0, 95, 1)


def test_records_are_kept_until_there_is_a_learner(tmp_path, journal, make_client):
    with LearnerServer(journal) as server:
        address, port = server.address, int(server.address.rpartition(":")[2])
    client = make_client(address)
    send(client, 1, 20)
    assert not client.wait_acknowledged(0.0)
    assert not client.connected
    with LearnerServer(journal, port=port):
        assert client.wait_acknowledged(LIMIT)
        assert client.connected
    send(client, 21, 20)
    with LearnerServer(journal, port=port):
        assert client.wait_acknowledged(LIMIT)
        client.close()
        client = make_client(address)
        send(client, 41, 10)
        assert client.wait_acknowledged(LIMIT)
    assert payloads(journal) == expected(50)


def break_disk(monkeypatch, folder):
    """Let synchronising of files in a folder fail."""
    works = os.fdatasync

    def fail(file):
        if Path(f"/proc/self/fd/{file}").readlink().is_relative_to(folder):
            raise OSError(5, "Input/output error")
        works(file)

    monkeypatch.setattr(os, "fdatasync", fail)


def test_nothing_is_acknowledged_before_the_learners_disk_has_it(
    tmp_path, make_client, monkeypatch
):
    folder = tmp_path / "journal"
    with Journal(folder) as journal, LearnerServer(journal) as server:
        client = make_client(server.address)
        wait_for(lambda: client.connected)
        break_disk(monkeypatch, folder)
        client.send(make_record(1))
        wait_for(lambda: len(journal) and not client.connected)
        assert not client.wait_acknowledged(0.0)
        assert client.acknowledged == Mark()
    monkeypatch.undo()
    port = int(server.address.rpartition(":")[2])
    with Journal(folder) as journal, LearnerServer(journal, port=port):
        assert client.wait_acknowledged(LIMIT)
        assert payloads(journal) == expected(1)


def test_nothing_is_sent_before_the_actors_disk_has_it(
    tmp_path, server, journal, make_client, monkeypatch
):
    client = make_client(server.address)
    wait_for(lambda: client.connected)
    break_disk(monkeypatch, tmp_path / "outbox")
    client.send(make_record(1))
    assert "Input/output error" in str(refused(client))
    assert len(journal) == 0
    monkeypatch.undo()


def test_actors_send_at_the_same_time(server, journal, make_client):
    clients = [make_client(server.address, f"outbox {number}") for number in range(3)]
    threads = [threading.Thread(target=send, args=(client, 1, 60)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(client.wait_acknowledged(LIMIT) for client in clients)
    for client in clients:
        entries = [e for e in JournalReader(journal.folder) if e.actor == client.actor]
        assert [bytes(entry.payload) for entry in entries] == expected(60)


def test_a_record_of_many_pieces_arrives(server, journal, make_client):
    client = make_client(server.address)
    picture = np.arange(3 * PIECE_SIZE, dtype=np.uint8)
    client.send(EpisodeBegin({"front": picture}))
    client.send(Transition(np.zeros(2, np.float32), 1.0, {"front": picture}))
    assert client.wait_acknowledged(LIMIT)
    assert [len(payload) > len(picture) for payload in payloads(journal)] == [True, True]


def test_an_actor_with_an_old_copy_of_its_outbox_is_told(tmp_path, server, journal, make_client):
    client = make_client(server.address)
    send(client, 1, 20)
    client.close()
    shutil.copytree(tmp_path / "outbox", tmp_path / "copy")
    client = make_client(server.address)
    send(client, 21, 10)
    assert client.wait_acknowledged(LIMIT)
    client.close()
    copy = make_client(server.address, "copy")
    copy.send(EpisodeBegin(see(3)))
    assert "one of the two is an old copy" in str(refused(copy))
    with pytest.raises(LinkError):
        copy.wait_acknowledged(LIMIT)
    assert payloads(journal) == expected(30)


def test_an_actor_whose_learner_lost_records_is_told(tmp_path, server, make_client):
    client = make_client(server.address)
    send(client, 1, 10)
    assert client.wait_acknowledged(LIMIT)
    address = server.address
    client.close()
    server.close()
    outbox = tmp_path / "outbox"
    (segment,) = outbox.glob("*.journal")
    content = segment.read_bytes()
    first = len(Entry.seal(client.actor, Mark(), make_record(1).encode()).frame)
    segment.rename(outbox / f"{first:016d}.journal").write_bytes(content[first:])
    port = int(address.rpartition(":")[2])
    with Journal(tmp_path / "another") as empty, LearnerServer(empty, port=port):
        assert "expected the learner's newest record" in str(refused(make_client(address)))
        assert len(empty) == 0


def test_records_out_of_an_episodes_order_are_refused_where_they_are_made(server, make_client):
    client = make_client(server.address)
    step, end, label = make_record(2), make_record(9), make_record(10)
    for wrong in (step, label):
        with pytest.raises(RecordError, match="expected EpisodeBegin"):
            client.send(wrong)
    client.send(make_record(1))
    client.send(end)
    with pytest.raises(RecordError, match="EpisodeBegin or EpisodeLabel, got Transition"):
        client.send(step)
    client.send(label)
    assert client.wait_acknowledged(LIMIT)


@pytest.mark.parametrize("sent", [1, 4, 9, 10])
def test_a_client_goes_on_within_the_episode_that_was_cut_off(server, journal, make_client, sent):
    with make_client(server.address) as first:
        send(first, 1, sent)
    again = make_client(server.address)
    send(again, sent + 1, 20 - sent)
    assert again.wait_acknowledged(LIMIT)
    assert payloads(journal) == expected(20)


HELLO = encode_hello(ACTOR)
FIRST = Entry.seal(ACTOR, Mark(), make_record(1).encode())


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], "INVALID_ARGUMENT"),
        ([b"nonsense"], "INVALID_ARGUMENT"),
        ([HELLO[:-1]], "INVALID_ARGUMENT"),
        ([HELLO, b"nonsense of more than sixteen bytes"], "INVALID_ARGUMENT"),
        ([HELLO, HELLO], "INVALID_ARGUMENT"),
        ([HELLO, FIRST.frame[:-1] + b"\xff"], "INVALID_ARGUMENT"),
        ([HELLO, Entry.seal(ACTOR, Mark(), [b"no record"]).frame], "INVALID_ARGUMENT"),
        ([encode_hello(UUID(int=2)), FIRST.frame], "INVALID_ARGUMENT"),
        ([HELLO, Entry.seal(ACTOR, FIRST.mark, [bytes([3, 1])]).frame], "FAILED_PRECONDITION"),
        ([HELLO, bytes(PIECE_SIZE + 1)], "RESOURCE_EXHAUSTED"),
    ],
)
def test_what_is_malformed_is_refused_and_the_server_goes_on(
    server, journal, make_client, messages, code
):
    status, details = call_records(server, *messages)
    assert status.name == code
    assert code == "RESOURCE_EXHAUSTED" or ("expected" in details and "Fix:" in details)
    client = make_client(server.address)
    client.send(make_record(1))
    assert client.wait_acknowledged(LIMIT)
    assert payloads(journal) == expected(1)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_bytes_leave_the_server_serving(server, journal, data):
    sound = [HELLO, FIRST.frame]
    message = bytearray(sound[data.draw(st.integers(0, 1))])
    for _ in range(data.draw(st.integers(1, 3))):
        message[data.draw(st.integers(0, len(message) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    status, _ = call_records(server, *data.draw(st.sampled_from([[], [HELLO]])), bytes(message))
    assert status.name in ("INVALID_ARGUMENT", "OK")
    assert set(payloads(journal)) <= set(expected(1))
    assert fetch_status(server.address).records == len(journal)


def test_records_that_do_not_fit_are_refused_and_never_stored(journal, make_client):
    with LearnerServer(journal, schema=SCHEMA) as server:
        fitting = make_client(server.address)
        send(fitting, 1, 5)
        assert fitting.wait_acknowledged(LIMIT)
        client = make_client(server.address, "other")
        client.send(EpisodeBegin({"state": np.zeros(3, np.float32)}))
        assert "the same task and cameras" in str(refused(client))
    assert payloads(journal) == expected(5)


def test_the_newest_weights_arrive_whole(tmp_path, journal, make_client):
    arrays = {"layer.weight": np.arange(700_000, dtype=np.float32), "steps": np.array(7)}
    with LearnerServer(journal) as server:
        client = make_client(server.address)
        assert client.latest_weights() is None
        for number in range(1, 4):
            version = server.publish({**arrays, "layer.bias": np.full(3, number, np.float16)})
            assert version.number == number
            wait_for(lambda: (w := client.latest_weights()) and w.version == version)  # noqa: B023
            weights = client.latest_weights()
            assert list(weights.arrays) == ["layer.weight", "steps", "layer.bias"]
            assert weights.arrays["layer.bias"].tolist() == [number] * 3
            for name, array in arrays.items():
                np.testing.assert_array_equal(weights.arrays[name], array)
        assert fetch_status(server.address).weights == 3
    port = int(server.address.rpartition(":")[2])
    with LearnerServer(journal, port=port) as restarted:  # its numbers begin anew
        version = restarted.publish(arrays)
        wait_for(lambda: client.latest_weights().version == version)
        assert "layer.bias" not in client.latest_weights().arrays


def test_other_computers_need_a_token(journal):
    for host in ("0.0.0.0", "::", "robot.example.org"):
        with pytest.raises(LinkError, match=f"a token for {host}.* got none. Fix: make one with"):
            LearnerServer(journal, host=host)
    for weak in ("short", "nön-ascii characters in it"):
        with pytest.raises(LinkError, match="at least 16 printable ASCII characters, got"):
            LearnerServer(journal, token=weak)
    with LearnerServer(journal, host="0.0.0.0", token=TOKEN) as server:
        port = server.address.rpartition(":")[2]
        assert fetch_status(f"127.0.0.1:{port}", token=TOKEN).records == 0


def test_a_wrong_token_gets_nothing(journal, make_client):
    with LearnerServer(journal, token=TOKEN) as server:
        server.publish({"secret": np.zeros(1)})
        for number, token in enumerate([None, TOKEN + "x", "another token of that size"]):
            client = make_client(server.address, f"outbox {number}", token=token)
            client.send(make_record(1))
            assert "UNAUTHENTICATED" in str(refused(client))
            assert client.latest_weights() is None
            with pytest.raises(LinkError, match="UNAUTHENTICATED"):
                fetch_status(server.address, token=token)
        bearer = [("authorization", f"bearer {TOKEN}")]
        assert call_records(server, HELLO, metadata=bearer)[0].name == "UNAUTHENTICATED"
        assert len(journal) == 0
        client = make_client(server.address, token=TOKEN)
        client.send(make_record(1))
        assert client.wait_acknowledged(LIMIT)


def test_a_port_belongs_to_one_learner(server, journal):
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(LinkError, match="a free address of this computer"):
        LearnerServer(journal, port=port)


def test_a_status_is_read_as_it_was_written():
    status = LearnerStatus(ACTOR, 3, 1 << 40, 2)
    assert LearnerStatus.decode(status.encode()) == status


def test_nobody_there_is_told():
    with pytest.raises(LinkError, match="UNAVAILABLE"):
        fetch_status("127.0.0.1:1", timeout=LIMIT)
