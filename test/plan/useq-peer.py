"""Reads useq-schema sequences from stdin (a JSON list) and prints the centres of their fields, as the package itself visits them."""
import json
import sys
import warnings

from useq import MDASequence

warnings.simplefilter("ignore")
answer = []
for document in json.load(sys.stdin):
    seen = {}
    for event in MDASequence(**document):
        seen.setdefault((round(event.x_pos or 0, 3), round(event.y_pos or 0, 3)))
    answer.append([list(place) for place in seen])
json.dump(answer, sys.stdout)
