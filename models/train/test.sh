#!/bin/sh
# Runs the tests of models/train where torch is installed; says so loudly where it is not.
cd "$(dirname "$0")" || exit 1
python=${PYTHON:-python3}
if ! "$python" -c 'import torch, cv2, onnx, onnxruntime, pytest' 2>/dev/null; then
    echo "=== SKIPPED: models/train/tests did NOT run: torch, opencv, onnx, onnxruntime or pytest is missing ===" >&2
    echo "=== see models/train/README.md; PYTHON=/path/to/python picks another interpreter ===" >&2
    exit 0
fi
exec "$python" -m pytest -q tests
