"""The ways to do the two jobs. Each module is run in a process of its own and prints one JSON line.

    python -m benchmarks.contenders.NAME JOB BOOTSTRAP INPUT OUTPUT COUNT

`consume`: decode every event and count. `stateful`: decode, read and update the state of the event's key, write one event for
each, commit the position about every second. A contender ends when
it has handled COUNT events and all its output is acknowledged.
"""
