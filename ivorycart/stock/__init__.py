"""From the change stream to every screen: `feed` → `board` → `broadcaster`; and how a socket that comes is brought in.

`waiting` keeps what is still to be sent, `watches` who wants only certain products, `snapshots` and `resuming` what
someone is told who comes (back), `slices` leaves the event loop time for others.
"""
