import numpy as np
import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.export.graph import export_graph
from untether_training.swarm.build import SwarmPolicyConfig
from untether_training.swarm.features import SwarmFeaturesConfig
from untether_training.swarm.network import SwarmNetworkConfig
from untether_training.swarm.obstacles import ObstacleView

SMALL = SwarmNetworkConfig(width=12, layers=1, heads=1, head=12)


def build(obstacles=ObstacleView.field):
    torch.manual_seed(0)
    features = SwarmFeaturesConfig(obstacles=obstacles)
    return SwarmPolicyConfig(swarm=features, network=SMALL).build(CRAZYFLIE)


@pytest.fixture
def policy():
    return build()


def test_it_names_every_element_once(policy):
    shapes = {spec.name: (spec.shape, spec.elements) for spec in policy.inputs}
    assert shapes["neighbour_position"] == (
        (2, 3),
        ("n1_x", "n1_y", "n1_z", "n2_x", "n2_y", "n2_z"),
    )
    assert shapes["obstacle_distance"][1][:4] == ("xm_ym", "xm_y0", "xm_yp", "x0_ym")
    assert len(set(shapes["obstacle_distance"][1])) == 9


def test_it_names_columns_where_it_sees_no_distances():
    specs = {spec.name: spec for spec in build(ObstacleView.nearest).inputs}
    assert "obstacle_distance" not in specs
    position = specs["obstacle_position"]
    assert (position.shape, position.elements) == ((2, 2), ("o1_x", "o1_y", "o2_x", "o2_y"))
    assert specs["obstacle_radius"].elements == ("o1", "o2")


def test_untrained_it_nearly_hovers(policy, generator):
    tensors = [torch.randn(t.shape, generator=generator) for t in policy.example_inputs(20)]
    thrust = policy(*tensors)[0]
    assert (thrust - CRAZYFLIE.hover_rotor_thrust).abs().max() < 0.05


@pytest.mark.parametrize("view", ObstacleView)
def test_its_graph_computes_the_same_for_any_batch(view, generator):
    import onnxruntime

    policy = build(view)
    session = onnxruntime.InferenceSession(export_graph(policy))
    for batch in (1, 5):
        tensors = [torch.randn(t.shape, generator=generator) for t in policy.example_inputs(batch)]
        feed = dict(zip(policy.input_names, (t.numpy() for t in tensors), strict=True))
        with torch.no_grad():
            expected = policy(*tensors)
        for value, wanted in zip(session.run(policy.output_names, feed), expected, strict=True):
            np.testing.assert_allclose(value, wanted.numpy(), atol=2e-5)
