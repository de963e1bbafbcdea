"""Which pages may hold a frame: an origin is taken letter by letter, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.domain.capture import (
    Embedders,
    embedders,
    is_loopback,
    is_origin,
    may_be_registered,
)

REMOTE = (
    "https://bank.example",
    "https://app.bank.example",
    "https://bank.example:8443",
    "https://bank.example:80",
    "https://a.b-c.d0",
    "https://intranet",
    "https://xn--bcher-kva.example",
    "https://192.0.2.7",
    "https://192.0.2.7:8443",
)
PLAIN = ("http://bank.example", "http://bank.example:443", "http://192.0.2.7:3000")
LOOPBACK = (
    "http://localhost",
    "http://localhost:3000",
    "https://localhost:3000",
    "http://bank.localhost:3000",
    "http://127.0.0.1:8080",
    "https://127.0.0.1",
)
UNNAMED = ("http://127.0.0.2:3000", "http://[::1]:3000", "https://[::1]")
"""Of this machine, but CSP has no words for them."""
IPV6 = ("https://[2001:db8::1]", "https://[2001:db8::1]:8443")

HOSTILE = (
    *("", "null", "*", "http", "https", "https:", "https://", "https:/a", "//bank.example"),
    *("bank.example", "https:bank.example", "https:\\\\bank.example"),
    # patterns
    *("https://*", "https://*.bank.example", "https://bank.*", "https://bank.example:*"),
    *("https:*", "*://bank.example", "*.bank.example", "http://localhost:*"),
    # more than an origin
    *("https://bank.example/", "https://bank.example//", "https://bank.example/pay"),
    *("https://bank.example?", "https://bank.example?a=b", "https://bank.example#"),
    *("https://bank.example#a", "https://@bank.example", "https://ann@bank.example"),
    *("https://ann:pw@bank.example", "https://localhost@evil.example", "https://:@localhost"),
    *("https://bank.example;a", "https://bank.example\\", "https://bank.example\\@evil.example"),
    # as no browser writes it
    *("HTTPS://bank.example", "https://Bank.example", "https://bank.EXAMPLE"),
    *("https://bank.example:443", "http://localhost:80", "https://bank.example:0443"),
    *("https://bank.example:", "https://bank.example:+80", "https://bank.example:-1"),
    *("https://bank.example:65536", "https://bank.example:8_0", "https://bank.example:\u0668"),
    *("https://bank.example:x", "https://bank.example:80:80", "https://.", "https://bank.example."),
    *("https://.bank.example", "https://bank..example", "http://.localhost", "http://localhost."),
    *("https://b\u00fccher.example", "https://bank\u3002example", "https://\uff42ank.example"),
    *("https://bank%2eexample", "https://bank_.example", "https://ban\u212a.example"),
    # addresses in other spellings
    *("http://2130706433", "http://0x7f000001", "http://0x7f.0.0.1", "http://0177.0.0.1"),
    *("http://127.1", "http://127.0.1", "http://127.0.0.01", "http://127.0.0.1.", "https://0x"),
    *("https://192.0.2.256", "https://192.0.2", "https://1.2.3.4.5", "https://bank.example.7"),
    *("http://[::1", "http://::1", "http://[0:0:0:0:0:0:0:1]", "http://[::1]evil.example"),
    *("http://[::0001]", "https://[2001:DB8::1]", "https://[fe80::1%25eth0]", "http://[127.0.0.1]"),
    *("https://[fe80::1%eth0]", "https://[::1]:443", "https://[v1.a]", "https://[]", "https://[:]"),
    # other schemes
    *("ftp://bank.example", "file://", "javascript://bank.example", "data:text/html,a"),
    *("blob:https://bank.example", "chrome-extension://abcdef", "wss://bank.example"),
    *("about:blank", "about:srcdoc", "capacitor://localhost", "httpss://bank.example"),
    # what would begin another word, another directive or another header
    *("https://bank.example https://evil.example", "https://bank.example *", "https://a b"),
    *("https://bank.example; script-src *", "https://bank.example;", "https://a;b"),
    *("https://bank.example,https://evil.example", "https://a,b", "https://a'none'"),
    *(" https://bank.example", "https://bank.example ", "\thttps://bank.example"),
    *("https://bank.example\n", "https://bank.example\r\nx-a: b", "https://ba\nnk.example"),
    *("https://ba\tnk.example", "https://bank.example\x00", "https://\x7fbank.example"),
    *("\ufeffhttps://bank.example", "https://bank\u200b.example", "https://bank.example\u2028"),
    *("https://ba\u00adnk.example", "https://bank.example\ud800", '"https://bank.example"'),
)
NOT_THIS_MACHINE = (
    *("http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://notlocalhost"),
    *("http://localhost-a.example", "https://127-0-0-1.example", "http://128.0.0.1"),
    *("http://[::2]", "http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]"),
    *("http://0.0.0.0", "http://[::]", "http://10.0.0.1", "http://local", "http://xlocalhost:1"),
)


@pytest.mark.parametrize("origin", [*REMOTE, *PLAIN, *LOOPBACK, *UNNAMED, *IPV6])
def test_an_origin_as_a_browser_writes_it(origin: str):
    assert is_origin(origin)


OWN = "http://sandbox.example:8400"


@pytest.mark.parametrize("text", HOSTILE)
def test_anything_else_is_no_origin_and_opens_nothing(text: str):
    assert not is_origin(text)
    assert not is_loopback(text)
    assert not may_be_registered(text)
    assert not embedders((), OWN).take(text)


@pytest.mark.parametrize("origin", [*LOOPBACK, *UNNAMED])
def test_a_page_of_this_machine(origin: str):
    assert is_loopback(origin)


@pytest.mark.parametrize("origin", [*REMOTE, *PLAIN, *IPV6, *NOT_THIS_MACHINE])
def test_a_page_of_another_machine(origin: str):
    assert not is_loopback(origin)
    assert not embedders((), OWN).take(origin)


@pytest.mark.parametrize("origin", [*REMOTE, *LOOPBACK])
def test_what_may_be_registered(origin: str):
    assert may_be_registered(origin)


@pytest.mark.parametrize("origin", [*PLAIN, *IPV6, "http://[::1]:3000", "https://[::1]"])
def test_what_no_browser_would_show_a_frame_on(origin: str):
    """A page that came without TLS may not encrypt; and `frame-ancestors` has no words for IPv6."""
    assert not may_be_registered(origin)


def test_nobody_may_in_production_until_a_page_is_registered():
    nobody = embedders(())
    assert nobody == Embedders((), loopback=False)
    assert not any(nobody.take(origin) for origin in (*REMOTE, *LOOPBACK, *HOSTILE))


def test_any_page_of_this_machine_may_in_a_sandbox_until_one_is_registered():
    anybody = embedders((), OWN)
    assert all(anybody.take(origin) for origin in LOOPBACK)
    assert not any(anybody.take(origin) for origin in (*REMOTE, *UNNAMED))


@pytest.mark.parametrize("own", [OWN, None])
def test_only_those_that_are_registered(own: str | None):
    registered = ("https://bank.example", "http://localhost:3000")
    those = embedders(registered, own)
    assert those.take(OWN) is (own is not None), "but for a sandbox's own page"
    others = {*REMOTE, *PLAIN, *LOOPBACK, *UNNAMED, *IPV6, *HOSTILE} - {*registered}
    assert all(those.take(origin) for origin in registered)
    assert not any(those.take(origin) for origin in others)


def test_the_houses_own_page_where_there_are_others():
    here = Embedders(("https://bank.example",)).with_page(OWN)
    assert here.take(OWN)
    assert here.with_page(OWN) is here
    assert here.ancestors == f"https://bank.example {OWN}"
    assert not Embedders().with_page(OWN).take(OWN)
    assert Embedders().ancestors == "'none'"


WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.:/")
_HOSTS = st.from_regex(r"[a-z0-9.*_\[\]:%@ ;,'/?#\\\n\x00A-Z\u00fc-]{0,20}", fullmatch=True)
_URLS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTP://", "https:", "//", "null", "http://localhost"]),
    _HOSTS,
    st.sampled_from(["", ":1", ":443", ":", "/", " ", "; a", ",", "\n", "@a", "?", "#", "."]),
)


@given(st.one_of(st.text(max_size=40), _URLS))
def test_what_is_registered_is_one_word_of_a_policy(text: str):
    """Whatever is taken stands in a header between spaces and semicolons."""
    if may_be_registered(text):
        assert WORD.issuperset(text)
        assert text.startswith(("https://", "http://localhost", "http://127.")) or (
            ".localhost" in text
        )
