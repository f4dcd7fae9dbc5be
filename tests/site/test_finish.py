"""What the last step of a build refuses, adds and replaces."""

import os
from types import SimpleNamespace

import pytest

from checkbook import search, site
from checkbook.pagefacts import read_facts
from tests import searched

PAGE = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>'
    "<article>{}</article></body></html>"
)


def facts(body):
    return read_facts(PAGE.format(body))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "loads https:"),
        ('<img src="//cdn.example/x.png">', "loads //cdn"),
        ('<link rel="preconnect" href="https://cdn.example">', "loads https"),
        ('<svg><image href="http://x.example/y.png"/></svg>', "loads http"),
        ('<svg><use xlink:href="http://x.example/y.svg"/></svg>', "loads"),
        ('<video poster="https://x.example/y.png"></video>', "loads https"),
        ('<p style="background: url(https://x.example/y)">', "elsewhere"),
        ('<p onclick="go()">', "runs from an attribute"),
        ('<svg onload="go()"></svg>', "runs from an attribute"),
        ('<a href="javascript:go()">x</a>', "links to a script"),
        ('<a href=" JavaScript:go()">x</a>', "links to a script"),
        ('<iframe src="x.html"></iframe>', "holds <iframe>"),
        ('<base href="/">', "holds <base>"),
        ('<form action="https://x.example"></form>', "sends to https"),
    ],
)
def test_refuses(body, said):
    (wrong,) = facts(body).wrong
    assert said in wrong


def test_does_not_refuse_what_is_only_linked():
    found = facts(
        '<a href="https://x.example">x</a><link rel="canonical" '
        'href="https://x.example"><img src="data:,"><img src="a.png">'
        '<p data-expression="a > b" title="onclick=1">text</p>'
    )
    assert found.wrong == []
    assert found.loads == ["a.png"]


def test_words_by_section():
    found = facts(
        '<section id="a"><h1>Title<a class="headerlink" href="#a">#</a></h1>'
        "<p>one <b>two</b></p><script>no</script>"
        '<section id="b"><h2>Second</h2><p>three \\(x\\)</p></section>'
        "</section>"
    )
    assert found.title == "Title"
    assert found.sections == [
        ["", "Title", "one two"],
        ["b", "Second", "three x"],
    ]
    assert found.ids == ["a", "b"]


def test_cells_of_a_table_are_words_apart():
    found = facts(
        "<section id='a'><h1>T</h1><table><tr><th>d_model</th><td>512</td>"
        "<td>768<br>8</td></tr></table></section>"
    )
    assert found.sections == [["", "T", "d_model 512 768 8"]]


def test_policy_hashes_every_inline_script_once():
    text = PAGE.format(
        "<script>a()</script><script>a()</script>"
        '<script src="b.js"></script><script type="x">c()</script>'
    )
    done = site.with_policy(text)
    assert done.count("sha256-") == 2
    assert done.index("Content-Security-Policy") < done.index("<body>")
    # printf 'a()' | openssl dgst -sha256 -binary | base64
    assert "'sha256-qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4='" in done


@pytest.mark.parametrize("script", ["_static/x.js", "widgets/x.js"])
def test_only_what_compiles_wasm_may(tmp_path, script):
    load = f'<script src="{script}"></script>'
    texts = {"a.html": load, "b.html": "", "c.html": f"<p>{script}</p>"}
    raw = folder(
        tmp_path / "raw",
        **{name: PAGE.format(body) for name, body in texts.items()},
        **{script: "new WebAssembly.Module(bytes)", "_static/y.js": ""},
    )
    assert site.finish(app(tmp_path), raw, tmp_path / "site") == []
    may = {
        name
        for name in texts
        if "'self' 'wasm-unsafe-eval'"
        in (tmp_path / "site" / name).read_text()
    }
    assert may == {"a.html"}


def folder(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("href", "broken"),
    [
        ("b.html", False),
        ("b.html#there", False),
        ("b.html?q=1#there", False),
        ("#here", False),
        ("#", False),
        ("sub/../b.html", False),
        ("file%20name.txt", False),
        ("https://x.example/gone", False),
        ("mailto:a@x.example", False),
        ("b.html#text=gone", False),
        ("c.html#text=gone", True),
        ("c.html", True),
        ("b.html#gone", True),
        ("#gone", True),
    ],
)
def test_links_are_followed(tmp_path, href, broken):
    texts = {
        "a.html": PAGE.format(f'<p id="here"><a href="{href}">x</a></p>'),
        "b.html": PAGE.format('<p id="there">y</p>'),
    }
    folder(tmp_path, **texts, **{"file name.txt": ""})
    known = {name: read_facts(text) for name, text in texts.items()}
    found = site.broken_links(tmp_path, known)
    assert bool(found) is broken
    if broken:
        assert found[0].startswith(f"a.html: {href} leads nowhere")


def test_stylesheets_load_nothing_from_elsewhere(tmp_path):
    folder(
        tmp_path,
        **{
            "ok.css": "a { background: url(data:,x); src: url('f.woff2') }",
            "bad.css": '@import "https://x.example/y.css";',
        },
    )
    (wrong,) = site.faults(tmp_path, {}, {})
    assert wrong == "bad.css: loads https://x.example/y.css from elsewhere"


def app(tmp_path, baseurl=""):
    config = SimpleNamespace(html_baseurl=baseurl, root_doc="a")
    env = SimpleNamespace(
        config=config, found_docs={"a"}, tocs={"a": SimpleNamespace()}
    )
    env.tocs["a"].findall = lambda kind: []
    env.titles = {"a": SimpleNamespace(astext=lambda: "A")}
    return SimpleNamespace(config=config, env=env)


def words(target):
    return " ".join(
        searched.part(target, path.stem)
        for path in (target / search.FOLDER).glob("text-*.js")
    )


def test_finish_is_whole_and_repeatable(tmp_path):
    raw = folder(
        tmp_path / "work" / "html",
        **{
            "a.html": PAGE.format(
                '<link rel="stylesheet" href="_static/used.css">'
                "<section><h1>A</h1><p>word</p></section>"
            ),
            "_static/used.css": "a { background: url(kept.png) }",
            "_static/kept.png": "",
            "_static/spare.js": "",
            "_static/deep/kept.js": "",
            "searchindex.js": "",
            ".buildinfo": "",
        },
    )
    bytes_of = []
    for name in ("one", "two"):
        target = tmp_path / "sites" / name
        assert site.finish(app(tmp_path), raw, target) == []
        bytes_of.append(
            {
                p.relative_to(target).as_posix(): p.read_bytes()
                for p in target.rglob("*")
                if p.is_file()
            }
        )
    assert bytes_of[0] == bytes_of[1]
    assert sorted(bytes_of[0]) == [
        "_static/deep/kept.js",
        "_static/kept.png",
        "_static/search/sections.js",
        "_static/search/text-0.js",
        "_static/search/words-0.js",
        "_static/used.css",
        "a.html",
        "sitemap.txt",
    ]
    assert words(tmp_path / "sites" / "two") == "word"


def test_finish_reads_a_changed_page_again(tmp_path):
    raw = tmp_path / "work" / "html"
    for text in ("before", "after"):
        folder(raw, **{"a.html": PAGE.format(f"<h1>A</h1><p>{text}</p>")})
        assert site.finish(app(tmp_path), raw, tmp_path / text) == []
        assert text in words(tmp_path / text)
    (raw.parent / "pagefacts.json").write_text("{broken")
    assert site.finish(app(tmp_path), raw, tmp_path / "third") == []


def test_sitemap_has_addresses_where_the_site_has_one(tmp_path):
    raw = folder(tmp_path / "raw", **{"a.html": PAGE.format("")})
    target = tmp_path / "site"
    site.finish(app(tmp_path, "https://x.example/book"), raw, target)
    text = (target / "sitemap.xml").read_text()
    assert "<loc>https://x.example/book/a.html</loc>" in text


def test_publish_replaces_the_link_and_removes_the_old(tmp_path):
    sites, link = tmp_path / "sites", tmp_path / "html"
    for name in ("one", "two"):
        folder(sites / name, **{"index.html": name})
        site.publish(sites / name, link)
        assert link.is_symlink()
        assert not os.path.isabs(os.readlink(link))
        assert (link / "index.html").read_text() == name
    assert [p.name for p in sites.iterdir()] == ["two"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html", "sites"]


def test_publish_takes_the_place_of_a_folder(tmp_path):
    folder(tmp_path / "html", **{"index.html": "from another tool"})
    folder(tmp_path / "sites" / "one", **{"index.html": "one"})
    site.publish(tmp_path / "sites" / "one", tmp_path / "html")
    assert (tmp_path / "html" / "index.html").read_text() == "one"
    assert [p.name for p in (tmp_path / "sites").iterdir()] == ["one"]
