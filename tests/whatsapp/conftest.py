"""What sending needs around it."""

from datetime import datetime

import pytest

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import around_the
from whatsapp.turns import Surroundings


@pytest.fixture
def around(sandbox: SandboxProcess, noon: datetime) -> Surroundings:
    return around_the(sandbox, noon)
