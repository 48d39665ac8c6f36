"""One attempt over TLS: who answers must prove the host of the URL, wherever its judged address lies."""

import shutil
import socket
import ssl
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from mock_server.tests.outbox.receivers import (
    BODY,
    HEADERS,
    NAME,
    OK,
    Behaviour,
    Certificates,
    Receiver,
    a_target,
    dribbles,
    make_certificates,
    receiver,
    says,
)

from tutorflow_mock.outbox.sender import Outcome, Terms, send, tls_context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority and its certificate for the receiver's name and for ::1."""
    if shutil.which("openssl") is None:
        pytest.fail("openssl makes the certificates of this test: install it, for instance from the package openssl")
    return make_certificates(tmp_path_factory.mktemp("tls"), f"DNS:{NAME},IP:::1")


@pytest.fixture
def trusted(certificates: Certificates) -> Terms:
    """The terms of a server that was told of the authority."""
    return Terms(timeout=5, ca_file=str(certificates.authority))


def over_tls(certificates: Certificates, terms: Terms, host: str = NAME, behaviour: Behaviour | None = None) -> Outcome:
    """Send one delivery to a receiver of its own."""
    with receiver(behaviour or says(OK), tls=certificates.server()) as running:
        return send(a_target(running, scheme="https", host=host), HEADERS, BODY, terms)


@pytest.mark.parametrize("host", [NAME, NAME + ".", "::1"])
def test_tls_proves_the_name_and_not_the_address(certificates: Certificates, trusted: Terms, host: str) -> None:
    """B15: the address that was judged is connected to, and who answers there proves the host of the URL."""
    outcome = over_tls(certificates, trusted, host)
    assert (outcome.status, outcome.body, outcome.error) == (200, "ok", None)
    assert (outcome.connected_to or "").startswith("127.0.0.1:")


@pytest.mark.parametrize("host", ["other.harbour.example", "127.0.0.1", "harbour.example", "localhost"])
def test_another_name_is_not_proved(certificates: Certificates, trusted: Terms, host: str) -> None:
    """A certificate of the right authority for another name is none."""
    outcome = over_tls(certificates, trusted, host)
    assert (outcome.status, outcome.error) == (None, "tls")


def test_an_unknown_authority_is_not_believed(certificates: Certificates, trusted: Terms) -> None:
    """TLS is verified unless the control plane says otherwise for a subscription."""
    untold, careless = replace(trusted, ca_file=None), replace(trusted, ca_file=None, verify=False)
    assert over_tls(certificates, untold).error == "tls"
    assert over_tls(certificates, careless).status == 200
    assert over_tls(certificates, careless, "other.harbour.example").status == 200
    assert over_tls(certificates, trusted, "other.harbour.example").error == "tls"


def test_tls_keeps_the_deadline(certificates: Certificates, trusted: Terms) -> None:
    """A body that dribbles inside TLS, and a receiver that never takes part in the handshake."""
    dribbling = dribbles(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x", 0.05)
    outcome = over_tls(certificates, replace(trusted, timeout=0.5), behaviour=dribbling)
    assert (outcome.status, outcome.error) == (200, "timeout")
    with socket.create_server(("127.0.0.1", 0)) as server:
        mute = a_target(Receiver("127.0.0.1", server.getsockname()[1]), scheme="https")
        outcome = send(mute, HEADERS, BODY, Terms(timeout=0.4))
    assert (outcome.status, outcome.error) == (None, "timeout")
    assert 380 <= outcome.duration < 2_000


def test_a_plain_receiver_is_no_tls() -> None:
    """Answered in the clear, or not at all: nothing was sent to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def clear() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(1)

        thread = threading.Thread(target=clear)
        thread.start()
        outcome = send(
            a_target(Receiver("127.0.0.1", server.getsockname()[1]), scheme="https"), HEADERS, BODY, Terms(timeout=0.5)
        )
        thread.join(10)
    assert (outcome.status, outcome.error) == (None, "tls")


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    """Said at start, by whoever asks for the context; and one context serves all."""
    (tmp_path / "no.pem").write_text("no certificate")
    with pytest.raises(OSError, match="No such file"):
        tls_context(str(tmp_path / "missing.pem"))
    with pytest.raises(ssl.SSLError):
        tls_context(str(tmp_path / "no.pem"))
    assert tls_context(None) is tls_context(None)
