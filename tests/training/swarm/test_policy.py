import numpy as np
import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.export.graph import export_graph
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.network import SwarmNetworkConfig

SMALL = SwarmNetworkConfig(width=12, layers=1, heads=1, head=12)


@pytest.fixture
def policy():
    torch.manual_seed(0)
    return SwarmPolicyConfig(network=SMALL).build(CRAZYFLIE)


def test_it_names_every_element_once(policy):
    shapes = {spec.name: (spec.shape, spec.elements) for spec in policy.inputs}
    assert shapes["neighbour_position"] == (
        (2, 3),
        ("n1_x", "n1_y", "n1_z", "n2_x", "n2_y", "n2_z"),
    )
    assert shapes["obstacle_distance"][1][:4] == ("xm_ym", "xm_y0", "xm_yp", "x0_ym")
    assert len(set(shapes["obstacle_distance"][1])) == 9


def test_untrained_it_nearly_hovers(policy, generator):
    tensors = [torch.randn(t.shape, generator=generator) for t in policy.example_inputs(20)]
    thrust = policy(*tensors)[0]
    assert (thrust - CRAZYFLIE.hover_rotor_thrust).abs().max() < 0.05


def test_its_graph_computes_the_same_for_any_batch(policy, generator):
    import onnxruntime

    session = onnxruntime.InferenceSession(export_graph(policy))
    for batch in (1, 5):
        tensors = [torch.randn(t.shape, generator=generator) for t in policy.example_inputs(batch)]
        feed = dict(zip(policy.input_names, (t.numpy() for t in tensors), strict=True))
        with torch.no_grad():
            expected = policy(*tensors)
        for value, wanted in zip(session.run(policy.output_names, feed), expected, strict=True):
            np.testing.assert_allclose(value, wanted.numpy(), atol=2e-5)
