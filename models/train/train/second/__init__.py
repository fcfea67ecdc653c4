"""The second look: a small network that sees one detection close up and says how much of it to believe.

The detector learns stalls from few pictures and takes parked vehicles for them.
The second look keeps what COCO's pictures taught of vehicles: a copy of the
start network's trunk, taught to see at a small cut-out what the start network
sees at a larger one.
"""
