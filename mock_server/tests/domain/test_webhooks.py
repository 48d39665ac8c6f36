"""Which targets a subscription may name, and how it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import HARBOUR, PROPERTY, a_subscription, an_id

from tutorflow_mock.domain.webhooks import created_body, listed_body
from tutorflow_openapi import load

PLAIN_HTTP = ("loopback-only", "allow", "reject-400")


def is_target(url: str, plain_http: str) -> bool:
    """Tell whether the contract takes a URL under a value of `webhook.plain-http`."""
    return load().under({"webhook.plain-http": plain_http}).schema("#/components/schemas/WebhookUrl").is_valid(url)


@pytest.mark.parametrize("plain_http", PLAIN_HTTP)
@pytest.mark.parametrize(
    "url",
    [
        *("https://hooks.harbour.example/tutorflow", "https://hooks.harbour.example", "HTTPS://Hooks.Harbour.Example/"),
        *(
            "https://hooks.harbour.example:8443/a/b?c=d&e=%20",
            "https://hooks.harbour.example?x",
            "https://h.example/@x;y",
        ),
        *("https://localhost/", "https://127.0.0.1:1/", "https://[::1]:65535/", "https://[2001:db8::1]/x"),
        *(
            "https://203.0.113.9/",
            "https://255.255.255.255/",
            "https://xn--hfen-gra.example/",
            "https://häfen.example/",
        ),
        *("https://hooks.harbour.example./x", "https://a_b.example/", "https://hooks.harbour.example/" + "x" * 2_018),
    ],
)
def test_an_https_url_may_always_be_subscribed(url: str, plain_http: str) -> None:
    """S63: https is welcome under every value of `webhook.plain-http`; where it leads is judged when it is sent."""
    assert is_target(url, plain_http)


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        *(("http://localhost:9000/hook", True), ("http://LOCALHOST/", True), ("HTTP://localhost", True)),
        *(("http://127.0.0.1:9000/hook", True), ("http://127.255.255.254/", True), ("http://[::1]/hook?x=1", True)),
        *(
            ("http://hooks.harbour.example/", False),
            ("http://localhost.harbour.example/", False),
            ("http://127.example/", False),
        ),
        *(("http://mylocalhost/", False), ("http://128.0.0.1/", False), ("http://10.0.0.5/", False)),
        *(
            ("http://0x7f.1", False),
            ("http://0x7f000001/", False),
            ("http://2130706433/", False),
            ("http://127.1/", False),
        ),
        *(("http://0177.0.0.1/", False), ("http://017700000001/", False), ("http://[::ffff:127.0.0.1]/", False)),
        *(("http://[::2]/", False), ("http://[2001:db8::1]/", False), ("http://0.0.0.0/", False)),
    ],
)
def test_plain_http_follows_the_behaviour(url: str, is_loopback: bool) -> None:  # noqa: FBT001 - a column of the table
    """`loopback-only`, `allow`, `reject-400`: plain http is for local tests, unless a behaviour says otherwise."""
    refused = [plain_http for plain_http in PLAIN_HTTP if not is_target(url, plain_http)]
    assert refused == (["reject-400"] if is_loopback else ["loopback-only", "reject-400"])


@pytest.mark.requirement("HOOK-016")
@pytest.mark.parametrize("plain_http", PLAIN_HTTP)
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param("ftp://hooks.harbour.example/", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("http\u017f://hooks.harbour.example/", id="long_s"),
        pytest.param("//hooks.harbour.example/x", id="no_scheme"),
        pytest.param("/hook", id="path_only"),
        pytest.param("hooks.harbour.example", id="host_only"),
        pytest.param("https:hooks.harbour.example", id="no_slashes"),
        pytest.param("https:/hooks.harbour.example", id="one_slash"),
        pytest.param("https://", id="no_host"),
        pytest.param("https:///x", id="empty_host"),
        pytest.param("https://:443/", id="port_only"),
        pytest.param("https://?x", id="query_only"),
        pytest.param("https://user@hooks.harbour.example/", id="user"),
        pytest.param("https://user:pw@hooks.harbour.example/", id="user_and_password"),
        pytest.param("https://hooks.harbour.example:443@evil.example/", id="user_that_looks_like_a_host"),
        pytest.param("https://hooks.harbour.example\\@evil.example/", id="backslash"),
        pytest.param("https://hooks.harbour.example/#top", id="fragment"),
        pytest.param("https://hooks.harbour.example#", id="empty_fragment"),
        pytest.param("https://hooks.harbour.example/ x", id="blank_in_path"),
        pytest.param("https://hooks .harbour.example/", id="blank_in_host"),
        pytest.param(" https://hooks.harbour.example/", id="leading_blank"),
        pytest.param("https://hooks.harbour.example/\n", id="trailing_line_feed"),
        pytest.param("https://hooks.harbour.example/\r\nX: y", id="header_injection"),
        pytest.param("https://hooks.harbour.example/\x00", id="nul"),
        pytest.param("https://hooks.harbour.example/\x7f", id="delete"),
        pytest.param("https://hooks.harbour.example/\x85", id="c1_control"),
        pytest.param("https://hooks\xa0.harbour.example/", id="no_break_space"),
        pytest.param("https://hooks.harbour.example/" + "x" * 2_019, id="2049_characters"),
        pytest.param("https://hooks.harbour.example/" + "x" * 3_000, id="3_kB"),
        pytest.param("https://[::1/", id="open_bracket"),
        pytest.param("https://::1/", id="no_brackets"),
        pytest.param("https://[fe80::1%25eth0]/", id="zone"),
        pytest.param("https://hooks.harbour.example:/", id="empty_port"),
        pytest.param("https://hooks.harbour.example:-1/", id="negative_port"),
        pytest.param("https://hooks.harbour.example:443x/", id="port_with_letter"),
        pytest.param("https://hooks.harbour.example:0/", id="port_0"),
        pytest.param("https://hooks.harbour.example:65536/", id="port_65536"),
        pytest.param("https://hooks.harbour.example:99999/", id="port_99999"),
    ],
)
def test_what_is_no_target_is_refused_under_every_behaviour(url: str, plain_http: str) -> None:
    """Row 107: other schemes, users, fragments, blanks, controls, bad ports."""
    assert not is_target(url, plain_http)


@given(url=st.text(max_size=40) | st.text(max_size=30).map("https://".__add__), plain_http=st.sampled_from(PLAIN_HTTP))
@PROPERTY
def test_any_text_gets_a_verdict(url: str, plain_http: str) -> None:
    """No text makes the judgement fail, and no accepted URL has a blank, a control, a user or a fragment."""
    if is_target(url, plain_http):
        assert not any(ord(character) <= 0x20 or 0x7F <= ord(character) <= 0xA0 for character in url)
        assert "#" not in url
        assert "@" not in url.partition("://")[2].partition("/")[0].partition("?")[0]


@pytest.mark.requirement("HOOK-001", "HOOK-002")
def test_the_examples_of_create_and_list() -> None:
    """12.6: create shows the secret, the list shows when the subscription was made instead."""
    shape: dict[str, object] = {
        "id": an_id(40),
        "organizationId": HARBOUR,
        "url": "https://hooks.harbour.example/tutorflow",
        "events": ["content.completed", "content.failed"],
        "status": "ACTIVE",
    }
    secret = "6dbf5efe596b7bebd041a312385a28665feb8cda86549fcfae286b6f56fa8e4c"
    assert created_body(a_subscription()) == {**shape, "secret": secret}
    assert listed_body(a_subscription()) == {**shape, "createdAt": "2026-07-06T09:00:00.000Z"}
