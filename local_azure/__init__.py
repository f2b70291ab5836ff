"""Local Azure: one process that answers Azure's own host names, reached by interception.

Real clients and the real Pulumi engine talk to it unchanged. It shares no import with the toolkit; what it knows
about Azure it knows on its own account. `DIFFERENCES.md` says where it departs from the service.
"""
