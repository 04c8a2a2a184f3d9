"""Growth: what one more process, socket, product, stored order and change stream costs, and where that leads.

`python -m bench.scale` measures on this machine, draws each cost, and feeds a model of many machines with the figures.
What is carried over to other machines is the processor time of each part; rates are those of two cores.
"""
