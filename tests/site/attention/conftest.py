"""The lab in a page: from a plain file, and from a server of this machine.

The tests of a file share them; each begins by an address of its own.
"""

import pytest

from checkbook.weights import served

from .. import attended
from ..conftest import visitor


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attention")
    attended.written(folder, {})
    return folder


@pytest.fixture(scope="module", params=["file", "server"])
def place(request, folder):
    """Where the page is: in files, or on this machine's server."""
    if request.param == "file":
        yield folder.as_uri()
        return
    with served(folder) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def by(place):
    """How it is operated: in one place so, in the other so."""
    return "mouse" if place.startswith("file:") else "keyboard"


@pytest.fixture(scope="module")
def lab(chromium, place):
    seen = visitor(chromium)
    yield attended.Lab(seen, f"{place}/attention.html").fresh()
    # the shell's: its icon again, and its fonts when they are needed
    late = f"ERR_INTERNET_DISCONNECTED {place}/_static/"
    assert [m for m in seen.messages if late not in m] == []
    assert {url for url in seen.requests if not url.startswith(place)} <= {
        "about:blank"
    }
    seen.page.context.close()


@pytest.fixture(scope="module")
def one(chromium, folder):
    """The same from a file, for what is asked once."""
    seen = visitor(chromium)
    yield attended.Lab(seen, (folder / "attention.html").as_uri()).fresh()
    assert seen.messages == []
    seen.page.context.close()
