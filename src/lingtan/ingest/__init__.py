"""Acquisition, a process of its own: pushed, dropped, published and polled readings into the store; never out to plant.

``config.load`` reads the settings, ``service.run`` serves until a signal; ``model.Sink`` is the face of the store.
"""
