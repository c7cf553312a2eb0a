"""Prints what was tried and survived, once all storms are over."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = sorted(
        str(value)
        for outcome in ("passed", "failed", "skipped")
        for report in terminalreporter.stats.get(outcome, ())
        for name, value in getattr(report, "user_properties", ())
        if name == "storm"
    )
    if rows:
        terminalreporter.section("what was tried, and what the sandbox's ledger said")
    for row in rows:
        terminalreporter.write_line(row)
