"""``pacs.toml``: nothing without it, and nothing half right with it."""

import pytest

from planner.domain.errors import UsageError
from planner.settings.nodes import DimseNode, Limits, PacsSettings, WebNode, load_pacs

NODE = '[[node]]\nname = "a"\nhost = "192.0.2.20"\nport = 104\ntitle = "PACS"\n'
WEB = '[[node]]\nname = "w"\nurl = "https://pacs.example.org/web"\n'
RECEIVER = '[receiver]\nport = 11113\nallow = ["192.0.2.20"]\n'


def written(folder, text):
    (folder / "pacs.toml").write_text(text, encoding="utf-8")
    return load_pacs(folder)


def test_that_without_a_file_nothing_is_set_up(tmp_path) -> None:
    assert load_pacs(tmp_path) == PacsSettings()
    with pytest.raises(UsageError, match="No PACS is set up"):
        load_pacs(tmp_path).node()


def test_that_a_file_is_read(tmp_path) -> None:
    (tmp_path / "ca.pem").write_text("")
    tls = 'tls = { ca = "ca.pem" }\n'
    read = written(
        tmp_path, 'title = "ME"\n' + NODE + tls + WEB + RECEIVER + "[limits]\ntotal_s = 9\n"
    )
    assert read.title == "ME"
    archive, web = read.node("a"), read.node("w")
    assert isinstance(archive, DimseNode)
    assert isinstance(web, WebNode)
    assert archive.tls is not None
    assert archive.tls.ca == str(tmp_path / "ca.pem")
    assert web.tls is None
    assert read.limits == Limits(total_s=9)
    assert read.receiver is not None
    assert read.receiver.allow == ("192.0.2.20",)
    with pytest.raises(UsageError, match="--node; set up are: a, w"):
        read.node()
    with pytest.raises(UsageError, match="--node"):
        read.node("b")


@pytest.mark.parametrize(
    "text",
    [
        "this is no toml",
        NODE + NODE,
        NODE.replace("104", "0"),
        NODE.replace("104", "70000"),
        NODE.replace("104", "true"),
        NODE.replace("104", "104.5"),
        NODE.replace('"PACS"', '"SEVENTEEN-LETTERS"'),
        NODE.replace('"PACS"', '""'),
        NODE.replace('"PACS"', "5"),
        NODE + 'colour = "red"\n',
        NODE + 'retrieve = "steal"\n',
        NODE + 'tls = { ca = "gone.pem" }\n',
        NODE + "tls = true\n",
        NODE.replace('title = "PACS"\n', ""),
        WEB.replace("https", "ftp"),
        RECEIVER.replace('"192.0.2.20"', ""),
        RECEIVER.replace("192.0.2.20", "everybody"),
        RECEIVER.replace("11113", "0"),
        "[limits]\nmost_bytes = 0\n",
        '[limits]\nmost_bytes = "many"\n',
        'title = "ÄÖÜ"\n',
        "[unknown]\n",
        'node = "a"\n',
    ],
)
def test_that_what_cannot_be_right_is_refused_with_the_file_named(tmp_path, text) -> None:
    with pytest.raises(UsageError, match=r"pacs\.toml cannot be used: .+ No PACS was asked"):
        written(tmp_path, text)
