"""A load storm for anyone's IvoryCart: many clients, the public protocol alone, and a report that judges.

client → one Socket.IO connection · plan → what each process does · roles → what a client does · tally → what was
measured · judge → which promises were broken · report_* → how it is told · command → all of it.
"""
