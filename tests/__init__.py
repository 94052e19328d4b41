"""The tests mirror webapp/ and storage/; what has to be set before any library is imported is set here."""

import os

from webapp.models.offline import HERE, go_offline

# Two cores shared by a browser, a server and a model: more threads than these only fight.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A process that shares the tests inherits what the one that started it has set, which no person has.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in HERE:
        os.environ.pop(name, None)
# Nothing in this process may use the network; fetching the embedded model is a process of its own.
go_offline()
