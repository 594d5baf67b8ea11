"""Drives a Tiger controller with the published package `tigerasi`, as its users do. Usage: tiger-client.py PORT"""
import sys
import time

from tigerasi.tiger_controller import TigerController

box = TigerController(sys.argv[1])


def rest():
    while any(box.are_axes_moving().values()):
        time.sleep(0.01)


print(box.ordered_axes, box.axis_to_card)
print(box.get_lower_travel_limit("x"), box.get_upper_travel_limit("x", "y"))
box.move_absolute(x=1000, y=-500)
rest()
print(box.get_position("x", "y"))
box.move_relative(x=100)
rest()
print(box.get_position("x"))
box.set_speed(x=0.5)
print(box.get_speed("x"), box.get_axis_backlash("x"))
box.zero_in_place("x", "y")
print(box.get_position("x", "y"))
print(box.get_info("x")["Run Speed"])
