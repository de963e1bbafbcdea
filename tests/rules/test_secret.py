"""A secret is not seen, wherever it is printed, and does not leave the process."""

import copy
import io
import json
import logging
import pickle
import string
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass

import msgspec
import pytest

from assent.kernel.secret import Secret

TEXT = "hunter2-Grüße"


@dataclass
class Holder:
    secret: Secret


def logged(secret: Secret) -> str:
    stream = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(stream))
    log.warning("got %s and %r", secret, secret)
    log.warning({"secret": secret})
    return stream.getvalue()


def crashed(secret: Secret) -> str:
    try:
        raise ValueError(secret)
    except ValueError as error:
        return "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(str, id="str"),
        pytest.param(repr, id="repr"),
        pytest.param(ascii, id="ascii"),
        pytest.param(format, id="format"),
        pytest.param(lambda secret: f"{secret}", id="f-string"),
        pytest.param(lambda secret: f"{secret!r}", id="f-string !r"),
        pytest.param(lambda secret: f"{secret=}", id="f-string ="),
        pytest.param(lambda secret: "{}".format(secret), id="str.format"),  # noqa: UP032
        pytest.param(lambda secret: "%s %r" % (secret, secret), id="percent"),  # noqa: UP031
        pytest.param(lambda secret: string.Template("$it").substitute(it=secret), id="template"),
        pytest.param(lambda secret: repr([secret, {"it": secret}]), id="containers"),
        pytest.param(lambda secret: repr(Holder(secret)), id="dataclass"),
        pytest.param(logged, id="logging"),
        pytest.param(crashed, id="traceback with locals"),
    ],
)
def test_it_prints_as_dots(shown: Callable[[Secret], str]):
    text = shown(Secret(TEXT))
    assert "Secret(" in text
    for part in (TEXT, "hunter2", "Gr"):
        assert part not in text


def test_its_length_does_not_show():
    assert repr(Secret("")) == repr(Secret("x" * 50))


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(json.dumps, id="json"),
        pytest.param(msgspec.json.encode, id="msgspec"),
        pytest.param(pickle.dumps, id="pickle"),
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(lambda secret: asdict(Holder(secret)), id="asdict"),
        pytest.param(vars, id="vars"),
        pytest.param(hash, id="hash"),
        pytest.param(lambda secret: {secret: 1}, id="a dict's key"),
        pytest.param(lambda secret: f"{secret:>40}", id="padded"),
    ],
)
def test_it_does_not_leave(leave: Callable[[Secret], object]):
    with pytest.raises(TypeError) as refused:
        leave(Secret(TEXT))
    assert "hunter2" not in str(refused.value)


def test_reveal_is_the_way_to_it():
    assert Secret(TEXT).reveal() == TEXT
    assert Secret(TEXT).octets() == TEXT.encode("utf-8")


def test_equal_secrets_are_equal_and_a_text_is_no_secret():
    assert Secret("a") == Secret("a")
    assert Secret("a").same(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("é") != Secret("e\u0301")  # what is the same is for a factor to say
