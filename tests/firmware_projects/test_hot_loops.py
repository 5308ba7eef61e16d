"""Hot loops run from RAM: the same answers, no waits for what lies there, and a refusal where there is no room."""

import re
import shutil

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, DoesNotFit, MissingInput
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.evaluation import results
from helpers.firmware import code_in_ram, projects
from helpers.hardware import boards, object_file

from .conftest import REFERENCE

FORMS = ("fast", "skip-blank", "small-flash", "plain")
VENEERS = 100  # cycles: what the jumps between flash and RAM may take


@pytest.fixture(scope="module")
def bundles(road):
    """Folders of the network in each form."""
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    for form in FORMS:
        driver.emit_bundle(graph, road / "hot" / form, "mnist_nxp", driver.Target("cortex-m0plus", form=form))
    return road / "hot"


def made(road, board, form, **options):
    return projects.make(board, road / "hot" / form, image=road / "test_image.inc", **options)


@pytest.mark.parametrize("form", FORMS)
def test_the_answers_are_the_same_and_hardly_anything_waits(road, bundles, form):
    answers, cycles, waits = [], [], []
    for hot_loops in ("flash", "ram"):
        project = made(road, "ke16z", form, hot_loops=hot_loops)
        run = projects.run(project)
        network = run.function("mnist_nxp")
        answers.append(results.read_console(run.console).confidences)
        cycles.append(network.inclusive_cycles)
        waits.append(network.inclusive_cycles_with_waits - network.inclusive_cycles)
    assert answers[0] == answers[1] == tuple(np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0])
    assert 0 <= cycles[1] - cycles[0] < VENEERS, "without waits both places cost the same, but for the way there"
    assert waits[1] < waits[0] / 4
    assert cycles[1] + waits[1] < 0.8 * (cycles[0] + waits[0])


def test_what_the_loops_take_of_ram_is_accounted_for(road, bundles):
    project = made(road, "kv11z", "fast", weights="ram", hot_loops="ram")
    sizes, use = projects.run(project).sizes, projects.memory_use(project)
    hot = code_in_ram.find(bundles / "fast" / "mnist_nxp.o", project.board)
    sections = object_file.code_sections(bundles / "fast" / "mnist_nxp.o")
    assert (
        use["RAM"]["network's code"]
        == sum(sections[name].size for name in hot)
        < sum(s.size for s in sections.values())
    )
    assert sum(use["RAM"].values()) == sizes.ram + sizes.reserved
    assert sum(use["flash"].values()) == sizes.flash
    assert projects.opened("kv11z", "ram", "ram") == project


def test_it_is_the_loops_that_go_there(bundles):
    """The first dense layer of the fast form is a list of instructions, each run once."""
    hot = code_in_ram.find(bundles / "fast" / "mnist_nxp.o", boards.load("ke16z"))
    assert [name.rpartition("sequential_")[2] for name in hot] == [
        "max_pooling_1_MaxPool__1", "conv_1_BiasAdd__2", "conv_2_BiasAdd__2", "conv_3_BiasAdd__2",
    ]  # fmt: skip
    assert code_in_ram.find(bundles / "plain" / "mnist_nxp.o", boards.load("ke16z")) == [".text"]


def test_a_board_without_the_room_says_how_many_bytes_it_lacks(road, bundles):
    with pytest.raises(DoesNotFit) as caught:
        made(road, "ke02z40m", "fast", hot_loops="ram")
    said = r"-hot-loops: lacks (\d+) bytes of RAM on FRDM-KE02Z40M\. Choose a larger board, or place the hot loops in flash\."
    hot = projects.memory_use(made(road, "ke16z", "fast", hot_loops="ram"))["RAM"]
    needed = sum(hot.values()) - boards.load("ke02z40m").ram[0].size
    assert 0 <= int(re.search(said, str(caught.value))[1]) - needed < 64  # at most one gap between aligned arrays
    with pytest.raises(DoesNotFit, match="place the weights or the hot loops in flash"):
        made(road, "ke02z40m", "fast", weights="ram", hot_loops="ram")


def test_what_gains_nothing_or_makes_no_sense_is_refused(road, bundles, tmp_path):
    with pytest.raises(BadParameter, match="RT1060-EVK has no flash waits: its loops are not faster in RAM"):
        projects.prepare("rt1060", road / "bundle_m7", image=road / "test_image.inc", hot_loops="ram")
    with pytest.raises(BadParameter, match="hot loops can lie in flash or ram, not 'rom'"):
        made(road, "ke16z", "fast", hot_loops="rom")
    shutil.copytree(bundles / "fast", tmp_path / "bare")
    (tmp_path / "bare" / "mnist_nxp.weights.bin").unlink()
    with pytest.raises(MissingInput, match=r"bare: lacks mnist_nxp\.weights\.bin"):
        projects.prepare("ke16z", tmp_path / "bare", image=road / "test_image.inc", hot_loops="ram")
    assert not artifacts.build("firmware").exists()


def test_a_section_of_an_odd_name_does_not_get_into_a_linker_script(bundles, tmp_path):
    obj = tmp_path / "net.o"
    shutil.copyfile(bundles / "fast" / "mnist_nxp.o", obj)
    with pytest.raises(BadInput, match="no name for a linker script"):
        code_in_ram.rename(obj, [".text", "x) } INCLUDE /etc/hostname {"])
    assert obj.read_bytes() == (bundles / "fast" / "mnist_nxp.o").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["net.o"]
