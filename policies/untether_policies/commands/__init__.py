"""The commands of the package; ``untether COMMAND --help`` describes each."""
