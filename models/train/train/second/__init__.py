"""The second look: a small network that sees one detection close up and says how much of it to believe.

The detector learns stalls from few pictures and takes parked vehicles for them.
The second look is the detector once more, which sees a cut-out closer up, beside
the start network, which still knows all that COCO's pictures taught of vehicles.
"""
