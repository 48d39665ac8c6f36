"""The pure core of the mock: frozen values and functions of them, without clock, chance, files or sockets."""
