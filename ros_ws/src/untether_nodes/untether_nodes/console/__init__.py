"""The web application in which operators watch robots and command them."""
