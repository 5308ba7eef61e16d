"""The notebook that writes each file, so that an error about a missing file can name the notebook to run."""

import tomllib
from pathlib import Path

WEIGHTS = ("flash", "ram")  # where a program's weights are stored
NOTEBOOKS = {
    "mnist.h5": "02_train",
    "history.json": "02_train",
    "MNIST_NXP.onnx": "04_convert_to_onnx",
    "current_test_image.png": "05_test_image",
    "model_answer.json": "05_test_image",
    "profile.yaml": "06_profile_and_compile",
    "bundle_m7": "06_profile_and_compile",
    "bundle_m0": "06_profile_and_compile",
    "bundle_host": "06_profile_and_compile",
    "bundle_least_ram": "09_cortex_m0_firmware",
    "quantized_graph.pdf": "06_profile_and_compile",
    "accuracy.json": "06_profile_and_compile",
    "test_image.inc": "07_image_to_array",
    "table2.json": "10_results",
    "forms": "20_speed_and_size",
    "smallest_board": "21_smallest_board",
    "quantisation_choices.json": "22_quantisation_choices",
    "own_models": "25_your_own_model",
    "from_pytorch": "26_from_pytorch",
    "quantisation_aware": "23_quantisation_aware_training",
    "better_digits": "27_better_digits",
}


def programs(projects: Path) -> dict[str, str]:
    """Map each folder of a board's program under build/ to the notebook that builds it; projects: firmware_projects."""
    rows: dict[str, str] = {}
    for facts in sorted(projects.glob("*/board.toml")):
        core = tomllib.loads(facts.read_text())["core"]
        notebook = "08_cortex_m7_firmware" if core == "cortex-m7" else "09_cortex_m0_firmware"
        rows |= {f"firmware/{facts.parent.name}-{weights}": notebook for weights in WEIGHTS}
    return rows
