"""A lab script for RemCon32, as such scripts are written: it knows nothing of emagent. Usage: lab-client.py PORT"""
import os
import select
import sys
import termios
import time


class Sem:
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        attributes = termios.tcgetattr(self.fd)
        attributes[0] = attributes[1] = attributes[3] = 0
        attributes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        attributes[4] = attributes[5] = termios.B9600
        termios.tcsetattr(self.fd, termios.TCSANOW, attributes)

    def clear(self):
        while select.select([self.fd], [], [], 0)[0]:
            if not os.read(self.fd, 4096):
                break

    def line(self, timeout):
        text, end = b"", time.monotonic() + timeout
        while not text.endswith(b"\n"):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise RuntimeError("timeout after %r" % text)
            text += os.read(self.fd, 1)
        return text.decode("latin-1").rstrip("\r\n")

    def ask(self, command):
        self.clear()
        os.write(self.fd, command.encode("ascii") + b"\r")
        first = self.line(20)
        if first.startswith("#"):
            return "#"
        if first != "@":
            raise RuntimeError("%s: %r" % (command, first))
        second = self.line(60)
        if second[0] == "*":
            return "error " + second[1:].strip()
        if second[0] != ">":
            raise RuntimeError("%s: %r" % (command, second))
        return second[1:]


sem = Sem(sys.argv[1])
for command in ["", "VER?", "ver?", "EHT?", "ist?", "PRB?", "scm 1", "PRB?", "SCM 0", "bogus", "STG 1 2", "MAG", "mag 2286", "MAG?", "PIX?", "DET?", "stg 999 20 10", "bblk 0", "BBL?", "BBLK 1", "STI?", "phn?", "STG? "]:
    print("%s -> %s" % (command, sem.ask(command)))
sem.ask("stg 20.25 19.9 10")
time.sleep(0.3)
while float(sem.ask("STG?").split()[3]) != 0:
    time.sleep(0.05)
print("moved to %s" % sem.ask("c95?"))
sem.ask("fint 2")
while int(sem.ask("INT?")) == 0:
    time.sleep(0.05)
number = sem.ask("PHN?")
sem.ask("FREC")
print("photo %s, next %s" % (number, sem.ask("PHN?")))
