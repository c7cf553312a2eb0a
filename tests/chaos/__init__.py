"""Storms: processes killed, servers gone. The sandbox's ledger is the judge."""
