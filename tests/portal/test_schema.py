"""Every operation of the API is called as its description allows and as it does not: answers are as described, never a 500."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chengxin.activities import services as activities
from chengxin.core import clock
from chengxin.people import services as people
from chengxin.people.catalog import TOKEN_CAPABILITIES
from chengxin.people.models import ApiToken
from chengxin.portal.api import api
from config.wsgi import application
from tests.world import World

CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance,
    negative_data_rejection,
)  # fmt: skip


def described() -> dict[str, Any]:
    return json.loads(json.dumps(api.get_openapi_schema()))


def operations() -> list[tuple[str, str]]:
    return [(path, method) for path, found in described()["paths"].items() for method in found]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The application answers on the test's own connection, as it does for Django's test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(world: World) -> str:
    text = people.issue_token(
        world.actor("系统员"), name="对接", granted=list(TOKEN_CAPABILITIES), unit=None, expires_on=clock.today() + dt.timedelta(days=9)
    )
    people.approve_token(world.actor("安全员"), ApiToken.objects.get())
    world.finding()
    activities.create_programme(world.actor("督察"), year=clock.today().year)
    return text


def vanishes(value: Any) -> bool:
    """Whether a query writes nothing for this value, so that a wrong parameter of it never reaches the server."""
    if isinstance(value, dict):
        return all(vanishes(part) for part in value.values())
    return value is None or (isinstance(value, list) and all(vanishes(part) for part in value))


@pytest.mark.parametrize(("path", "method"), operations())
def test_every_operation_answers_as_it_is_described(world: World, one_connection: None, token: str, path: str, method: str) -> None:
    schema = schemathesis.openapi.from_dict(described())
    schema.app = application
    operation = schema[path][method.upper()]
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

        @settings(
            max_examples=15, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def every(case: Any) -> None:
            assume(not any(vanishes(value) for value in (case.query or {}).values()))
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

        every()
