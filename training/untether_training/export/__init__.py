"""From a trained module to a bundle: graph, contract, fixture, envelope and card."""
