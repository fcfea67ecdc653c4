"""A whole release of a tiny checkpoint, through the command line."""

import tomllib

import numpy as np
import pytest

from train import __main__ as cli
from train.classes import CLASSES


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["train", *map(str, arguments)])
    cli.main()


def test_a_release_has_files_cards_plots_and_measurements(inputs, monkeypatch):
    source = f"{inputs / 'a.json'},{inputs}"
    out = inputs / "model"
    arguments = (
        "export", inputs / "last.pth", "--out", out, "--date", "2026-01-02", "--int8",
        "--train", f"t,rendered,{source}", "--val", f"v,rendered,{source}", "--precision", "street_stall=0.8",
    )
    run(monkeypatch, *arguments)
    content = tomllib.loads((out / "model.toml").read_text())
    assert content["scores"]["int8"]["file"] == "street-nano-int8.onnx"
    assert "default_on_cpu" in content["scores"]["int8"]
    assert tomllib.loads((out / "int8.toml").read_text())["file"] == "street-nano-int8.onnx"
    assert (out / "street-nano-int8.onnx").exists()
    assert content["input"]["width"] == 128 and content["training"]["seeds"] == [4]
    assert (out / "plots" / "failures-v-street_stall.jpg").exists()
    again = "int8", out / "model.toml", "--out", inputs / "small"
    with pytest.raises(SystemExit, match="--train SOURCE"):
        run(monkeypatch, *again)
    source = "--train", f"t,rendered,{source}", "--val", f"v,rendered,{source}"
    run(monkeypatch, *again, *source)
    for name in ("street-nano-int8.onnx", "int8.toml"):
        assert (inputs / "small" / name).read_bytes() == (out / name).read_bytes(), "as when it was exported"
    with pytest.raises(SystemExit, match="--force"):
        run(monkeypatch, *again, *source)
    before = (out / "street-nano.onnx").read_bytes()
    with pytest.raises(SystemExit, match="--force"):
        run(monkeypatch, *arguments)
    assert (out / "street-nano.onnx").read_bytes() == before


def test_thresholds_are_chosen_after_the_second_look(inputs):
    from train import card
    from train.second.measure import Second
    from train.source import Source

    source = Source.parse(f"v,real,{inputs / 'a.json'},{inputs}")
    kind = CLASSES.index("street_stall")

    def sees(pixels):
        rows = np.zeros((len(pixels), 252, 5 + len(CLASSES)), np.float32)
        rows[:, 9 * 16 // 3, 4] = rows[:, 9 * 16 // 3, 5 + kind] = 0.9
        return rows

    none = np.zeros((1, 1), np.float32)
    nothing = lambda crops, kinds: tuple(np.repeat(part, len(crops), 0) for part in (none, none, np.zeros((1, 1, 4)), none))  # noqa: E731
    blind = Second("blind", "0" * 64, nothing, 64, ("street_stall",))
    alone, after = card.measure(sees, ((128, 96),), [source], blind)
    assert all(len(rows) and rows[0, 4] > 0.8 for rows in alone[0][1][1])
    assert all((rows[:, 4] == 0).all() for rows in after[0][1][1])
    assert card.measure(sees, ((128, 96),), [source], None)[1][0][1][1][0][0, 4] > 0.8


def test_a_card_measured_again_keeps_its_origin_and_what_others_measured(inputs, monkeypatch):
    source = f"v,real,{inputs / 'a.json'},{inputs}"
    out = inputs / "again"
    run(
        monkeypatch, "export", inputs / "last.pth", "--name", "toy", "--version", "0.1.0", "--date", "2026-01-02",
        "--out", out, "--note", "first", "--int8", "--train", source, "--val", source,
    )
    card_file = out / "model.toml"
    before = tomllib.loads(card_file.read_text())
    measure = ["measure", card_file, "--version", "0.2.0", "--date", "2026-03-04", "--note", "second"]
    with pytest.raises(SystemExit, match="--val"):
        run(monkeypatch, *measure)
    assert tomllib.loads(card_file.read_text()) == before
    run(monkeypatch, *measure, "--val", source, "--threshold", "billboard=0.77")
    after = tomllib.loads(card_file.read_text())
    assert (after["version"], after["training"]["notes"]) == ("0.2.0", ["first", "second"])
    assert after["scores"]["measured"] == {"date": "2026-03-04"}
    assert {c["name"]: c["threshold"] for c in after["class"]}["billboard"] == 0.77
    after["training"]["notes"] = before["training"]["notes"]
    for same in ("file", "sha256", "input", "output", "cost", "nms", "training"):
        assert after[same] == before[same], same
    assert after["scores"]["int8"] == before["scores"]["int8"]


def test_failures_are_never_drawn_on_real_pictures(inputs):
    from train import failures
    from train.source import Source

    real = Source.parse(f"v,real,{inputs / 'a.json'},{inputs}")
    with pytest.raises(ValueError, match="rendered"):
        failures.draw([real], lambda pixels: pixels, ((128, 96),), {}, inputs)


def test_time_is_told_for_each_file(inputs, monkeypatch, capsys):
    from train.checkpoint import averaged
    from train.export import export_model

    model, _ = averaged(inputs / "last.pth")
    export_model(model, inputs / "a.onnx", (128, 96))
    run(monkeypatch, "time", inputs / "a.onnx", inputs / "a.onnx", "--rounds", "1")
    assert capsys.readouterr().out.count("a.onnx:") == 2
