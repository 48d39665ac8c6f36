"""A page as a test looks at it: its elements with their attributes, and the text that somebody reads."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from mock_server.tests.control.console import Console
from werkzeug.test import TestResponse

UI = "/__admin/ui"
OVERVIEW = "/__admin/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

_VOID = frozenset(("meta", "link", "input", "rect", "path", "circle", "line", "br"))


@dataclass
class Element:
    """One element: its attributes and all text within it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        """Return an attribute."""
        return self.attributes.get(name, "")


@dataclass
class Page(HTMLParser):
    """A page, read once."""

    html: str
    elements: list[Element] = field(default_factory=list[Element])

    def __post_init__(self) -> None:
        """Read it; every element must be closed in its order."""
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.html)
        self.close()
        assert [each.tag for each in self._open] == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(element.attributes) == len(attrs), f"an attribute twice: {attrs}"
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that holds nothing."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag not in _VOID:
            assert self._open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        """Give a text to all elements that it is in."""
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a tag whose attributes hold these words."""
        wanted = {name.rstrip("_").replace("_", "-"): words.split() for name, words in attributes.items()}
        return [
            each
            for each in self.elements
            if each.tag == tag and all(set(words) <= set(each[name].split()) for name, words in wanted.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def words(self, tag: str, **attributes: str) -> list[str]:
        """Return the texts of such elements, their white space in order."""
        return [" ".join(each.text.split()) for each in self.all(tag, **attributes)]

    @property
    def text(self) -> str:
        """Return everything that is read."""
        return " ".join(self.one("body").text.split())


def opened(mock: Console, path: str, **more: str) -> Page:
    """Open a page that there is, and hold it to the headers and rules of all pages."""
    return checked(mock.call("GET", path, query_string=more or None), 200)


def checked(answer: TestResponse, status: int) -> Page:
    """Return the page of an answer, held to the headers and rules of all pages."""
    assert (answer.status_code, answer.mimetype) == (status, "text/html"), answer.text
    assert answer.headers.getlist("Content-Security-Policy") == [POLICY]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    page = Page(answer.text)
    for each in page.elements:
        assert each.tag not in {"style", "iframe", "object", "embed", "base"}
        assert not any(name == "style" or name.startswith("on") for name in each.attributes), each
    assert [each.attributes for each in page.all("script")] == [{"src": "/__admin/static/dashboard.js", "defer": ""}]
    assert [each.text for each in page.all("script")] == [""]
    ids = [each["id"] for each in page.elements if each["id"]]
    assert len(ids) == len(set(ids)), "an id twice"
    return page
