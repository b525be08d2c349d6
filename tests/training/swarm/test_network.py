import pytest
import torch

from untether_training.swarm.network import SwarmNetworkConfig, TokenAttention

SIZES = (32, 16, 13)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_small_network_fits_a_microcontroller():
    config = SwarmNetworkConfig(width=12, layers=1, heads=1, head=12)
    assert count(config.build(SIZES, 4, "tanh")) <= 2000


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_it_maps_features_to_actions(attention, layers):
    network = SwarmNetworkConfig(width=8, layers=layers, attention=attention).build(
        SIZES, 4, "tanh"
    )
    features = torch.randn(5, sum(SIZES))
    actions = network(features)
    assert actions.shape == (5, 4)
    alone = torch.cat([network(row[None]) for row in features])
    assert torch.allclose(actions, alone, atol=1e-5)


def test_attention_lets_obstacles_change_what_is_made_of_neighbours():
    torch.manual_seed(0)
    attention = TokenAttention(8, 2)
    tokens = torch.randn(3, 2, 8)
    changed = tokens.clone()
    changed[:, 1] += 1.0
    assert not torch.allclose(attention(tokens)[:, 0], attention(changed)[:, 0])
    swapped = attention(tokens.flip(1)).flip(1)
    assert torch.allclose(attention(tokens), swapped, atol=1e-6)


def test_attention_is_as_published():
    """One head by hand: softmax(q k' / sqrt(d)) v, residual and layer normalisation."""
    torch.manual_seed(0)
    attention = TokenAttention(4, 1)
    tokens = torch.randn(1, 2, 4)
    query, key, value = (tokens[0] @ w.T for w in attention.projection.weight.split(4))
    weights = torch.softmax(query @ key.T / 2.0, dim=1)
    mixed = tokens[0] + (weights @ value) @ attention.output.weight.T
    mean, variance = mixed.mean(1, keepdim=True), mixed.var(1, correction=0, keepdim=True)
    assert torch.allclose(
        attention(tokens)[0], (mixed - mean) / (variance + 1e-6).sqrt(), atol=1e-5
    )
