"""Batch norm put back and folded in again, and the exported file, are the same function."""

import numpy as np
import onnxruntime
import pytest
import torch

from train import export, quantise, timing
from train.classes import CLASSES
from train.coco import BadInput
from train.detect import detect_all, onnx_predictor, torch_predictor
from train.model import Yolox, add_batch_norm, fuse_batch_norm, load_fused, measure_batch_norm

SIZE = (128, 96)
ANCHORS = sum((128 // s) * (96 // s) for s in (8, 16, 32))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    made = Yolox(len(CLASSES))
    add_batch_norm(made)
    measure_batch_norm(made, [torch.rand(2, 3, 96, 96) * 255])
    return made.eval()


def test_measured_batch_norm_changes_nothing(tmp_path):
    torch.manual_seed(1)
    plain = Yolox(80).eval()
    torch.save(plain.state_dict(), tmp_path / "fused.pth")
    made = load_fused(tmp_path / "fused.pth", 80, {i: i for i in range(80)}).eval()
    pixels = torch.rand(1, 3, 96, 96) * 255
    with torch.no_grad():
        before = made(pixels)
        assert torch.equal(before, plain(pixels))
        add_batch_norm(made)
        measure_batch_norm(made, [torch.rand(2, 3, 96, 96) * 255])
        assert (made.eval()(pixels) - before).abs().max() < 1e-3
        fuse_batch_norm(made)
        assert (made(pixels) - before).abs().max() < 1e-3


@pytest.mark.parametrize(("network", "millions"), [("nano", 0.91), ("small", 8.97)])
def test_the_sizes_are_those_published(network, millions):
    made = Yolox(80, network)
    assert sum(p.numel() for p in made.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)
    with torch.no_grad():
        assert made(torch.zeros(1, 3, 96, 128)).shape == (1, ANCHORS, 85)


def test_weights_of_another_size_are_refused(tmp_path):
    torch.save(Yolox(80).state_dict(), tmp_path / "fused.pth")
    with pytest.raises(BadInput, match="fused.pth is not a fused YOLOX of the size 'small'"):
        load_fused(tmp_path / "fused.pth", 80, {}, "small")


def test_onnx_contract_and_agreement(model, tmp_path):
    path = tmp_path / "m.onnx"
    assert export.export_model(model, path, SIZE) < 1
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    put, got = session.get_inputs()[0], session.get_outputs()[0]
    assert (put.name, put.type, put.shape[1:]) == ("images", "tensor(uint8)", [3, 96, 128])
    assert (got.name, got.type) == ("output", "tensor(float)")
    out = session.run(None, {"images": np.full((3, 3, 96, 128), 114, np.uint8)})[0]
    assert out.shape == (3, ANCHORS, 5 + len(CLASSES))
    assert 0 <= out[..., 4:].min() and out[..., 4:].max() <= 1


def test_a_network_that_remembers_agrees_too(tmp_path):
    torch.manual_seed(4)
    made = Yolox(len(CLASSES))
    made.remember()
    path = tmp_path / "m.onnx"
    assert export.export_model(made.eval(), path, SIZE) < 1
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    out = session.run(None, {"images": np.zeros((1, 3, 96, 128), np.uint8)})[0]
    assert out.shape == (1, ANCHORS, 5 + len(CLASSES))


def test_a_network_read_back_from_its_file_is_the_same(tmp_path):
    torch.manual_seed(5)
    made = Yolox(len(CLASSES))
    made.remember()
    path = tmp_path / "m.onnx"
    export.export_model(made.eval(), path, SIZE)
    again = export.read_back(path, "nano").eval()
    pixels = torch.rand(1, 3, 96, 128) * 255
    with torch.no_grad():
        assert torch.equal(again(pixels), made(pixels))
    with pytest.raises(BadInput, match="m.onnx holds no exported network of the size 'small'"):
        export.read_back(path, "small")
    quantise.quantise(path, tmp_path / "int8.onnx", list(export.seeded_pixels(SIZE)[:, None]))
    with pytest.raises(BadInput, match="not its int8 file"):
        export.read_back(tmp_path / "int8.onnx", "nano")
    (tmp_path / "none.onnx").write_bytes(b"no protobuf")
    for name in ("none.onnx", "missing.onnx"):
        with pytest.raises(BadInput, match=f"{name} cannot be read as an ONNX file"):
            export.read_back(tmp_path / name, "nano")


def test_a_file_is_not_overwritten_unasked(model, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"mine")
    with pytest.raises(export.WouldOverwrite, match="m.onnx.*--force"):
        export.export_model(model, path, SIZE)
    assert path.read_bytes() == b"mine"
    export.export_model(model, path, SIZE, force=True)
    assert len(path.read_bytes()) > 1000


def test_a_file_that_disagrees_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "TOLERANCE", 1e-12)
    with pytest.raises(RuntimeError, match="differ"):
        export.export_model(model, tmp_path / "m.onnx", SIZE)
    assert list(tmp_path.iterdir()) == []


def test_decoded_boxes_are_those_of_the_raw_output(model, tmp_path):
    export.export_model(model, tmp_path / "raw.onnx", SIZE)
    export.export_model(model, tmp_path / "done.onnx", SIZE, decoded=True)
    pixels = export.seeded_pixels(SIZE)
    raw = onnx_predictor(tmp_path / "raw.onnx")(pixels)
    done = onnx_predictor(tmp_path / "done.onnx")(pixels)
    assert done.shape == (2, 4 + len(CLASSES), ANCHORS)
    assert np.allclose(done[:, 4:], (raw[..., 4:5] * raw[..., 5:]).transpose(0, 2, 1), atol=1e-5)
    # The first anchor lies in cell 0, 0 of stride 8.
    assert np.allclose(done[:, 0, 0], raw[:, 0, 0] * 8, atol=1e-2)
    assert np.allclose(done[:, 2, 0], np.exp(raw[:, 0, 2]) * 8, rtol=1e-3)


def test_pytorch_and_onnx_find_the_same(model, tmp_path):
    export.export_model(model, tmp_path / "m.onnx", SIZE)
    images = [np.random.default_rng(i).integers(0, 255, (90, 160, 3), dtype=np.uint8) for i in range(3)]
    ours = detect_all(torch_predictor(model), images, (SIZE,), floor=0.001)
    theirs = detect_all(onnx_predictor(tmp_path / "m.onnx"), images, (SIZE,), floor=0.001)
    assert sum(len(rows) for rows in ours) > 0
    for a, b in zip(ours, theirs):
        # A random network scores many boxes alike, so only the best are sure to be the same.
        assert np.allclose(a[:3, 4], b[:3, 4], atol=1e-3)
        assert np.allclose(a[0, :4], b[0, :4], atol=0.5)


def test_int8_keeps_first_and_last_convolutions_in_float(model, tmp_path):
    export.export_model(model, tmp_path / "m.onnx", SIZE)
    pixels = list(export.seeded_pixels(SIZE)[:, None])
    kept = quantise.quantise(tmp_path / "m.onnx", tmp_path / "small.onnx", pixels)
    # The stem, and for each of three strides the maps of boxes, objectness and classes.
    assert len(kept) == 1 + 3 * 3
    plain, small = (onnx_predictor(tmp_path / n) for n in ("m.onnx", "small.onnx"))
    gap = np.abs(plain(pixels[0])[..., 4:] - small(pixels[0])[..., 4:]).max()
    assert 0 < gap < 0.2
    assert len(timing.medians_ms([tmp_path / "m.onnx", tmp_path / "small.onnx"], rounds=1)) == 2


def test_int8_counts_one_picture_after_another(model, tmp_path, monkeypatch):
    from onnxruntime.quantization.calibrate import HistogramCollector

    export.export_model(model, tmp_path / "m.onnx", SIZE)
    held, collect = [], HistogramCollector.collect
    monkeypatch.setattr(HistogramCollector, "collect", lambda self, maps: (held.append({len(m) for m in maps.values()}), collect(self, maps)))
    quantise.quantise(tmp_path / "m.onnx", tmp_path / "small.onnx", list(export.seeded_pixels(SIZE)[:, None]))
    assert len(held) == len(export.seeded_pixels(SIZE)) > 1 and held == [{1}] * len(held)
