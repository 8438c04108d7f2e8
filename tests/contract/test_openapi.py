"""OpenAPI contract: the document equals the golden file, and every response matches its schema."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import (
    CoveragePhaseConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance

from faxcloud.api.app import create_api
from faxcloud.domain.filters import FILTER_NAMES, FILTERS, PAGING
from tests.api.serving import ADMIN_KEY, Server, served, with_sample

GOLDEN = Path(__file__).with_name("openapi.json")

KEY = {"X-API-Key": ADMIN_KEY}
UNKNOWABLE = ("POST /v3/reports", "POST /v3/webhooks/register", "PUT /v3/alert-rules")
"""Only the server knows whether a file is an export, a host may be sent to, and what of an alert rule goes
together: 422 is right there.
"""

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "3"))
"""Of each endpoint."""

PATIENCE_S = 60.0
"""How long an answer takes is measured in benchmarks/, not here."""

WHOLE, DAY = re.compile(r"-?[0-9]+"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ORDERED = (("start_date", "end_date"), ("pages_min", "pages_max"), ("start", "end"))


DOCUMENT: dict[str, Any] = create_api(lambda: pytest.fail("no service is needed for that")).openapi()

CAMPAIGN = "CAMPAIGN" in os.environ
"""`make campaign` also asks with every value on the edge of each schema: 90 more of each endpoint."""

PHASES = PhasesConfig(coverage=CoveragePhaseConfig(enabled=CAMPAIGN))
schema = schemathesis.openapi.from_dict(
    DOCUMENT, config=SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(phases=PHASES)))
)


def put_in_order(case: schemathesis.Case) -> None:
    """A period that ends before it begins is refused, which no schema can say: its ends are put in order."""
    for first, last in ORDERED:
        values = [case.query.get(name) for name in (first, last)]
        if all(WHOLE.fullmatch(str(value)) for value in values):
            case.query[first], case.query[last] = sorted(values, key=int)
        elif all(DAY.fullmatch(str(value)) for value in values):
            case.query[first], case.query[last] = sorted(values)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("openapi") / "store"
    with_sample(home)
    with served(home, wrong_keys=1_000_000, admin_key=ADMIN_KEY) as running:
        yield running


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_document_says(case: schemathesis.Case, server: Server):
    put_in_order(case)
    unknowable = [positive_data_acceptance] if case.operation.label in UNKNOWABLE else []
    case.call_and_validate(
        base_url=f"{server.url}/api", headers=KEY, excluded_checks=unknowable, timeout=PATIENCE_S
    )


def test_the_document_is_the_one_that_clients_were_made_from():
    found = json.dumps(DOCUMENT, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8"), "where that is meant: UPDATE_GOLDEN=1 writes it anew"


def test_every_endpoint_says_what_it_is_for_and_which_errors_it_answers():
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["description"].strip(), f"{method} {path} has no description"
            assert {"401", "403", "422", "429", "500", "503"} <= operation["responses"].keys()
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), f"{method} {path}: {parameter['name']}"


def test_every_filter_is_a_parameter_as_its_table_describes_it():
    found = {
        parameter["name"]: parameter for parameter in DOCUMENT["paths"]["/v3/search"]["get"]["parameters"]
    }
    for entry in FILTERS:
        assert found[entry.name]["description"] == entry.help
        assert found[entry.name]["schema"] == entry.kind.schema
    assert {*found} == {*FILTER_NAMES, *PAGING}


def test_every_operation_has_a_name_of_its_own():
    names = [
        operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()
    ]
    assert len(names) == len(set(names)) > 20
