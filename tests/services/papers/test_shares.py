"""Share links: content, expiry, revocation, and no information without a valid link."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.errors import NotAllowed, ReportNotFound, ShareGone, ShareInvalid, ShareNotFound
from faxcloud.i18n import LANGUAGES, translator
from faxcloud.services.access.keys import who
from faxcloud.services.actors import Actor, acting
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import shares
from faxcloud.wiring import Services, build
from tests.ui.conftest import HEADER, record

NUMBER = "33612345678"
MOBILE = record("1", "Docteur", number=NUMBER)
OTHER = record("2", "Autre", "RF", "05/03/2026 10:00", "33145221134", "2")


@dataclass(frozen=True)
class Store:
    """Two imports of one fax each, under a contract each."""

    services: Services
    home: Path
    mine: str
    theirs: str


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    yield from _opened(tmp_path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """For tests that end no link and make none that another test would see."""
    yield from _opened(tmp_path_factory.mktemp("shares"))


def _opened(folder: Path) -> Iterator[Store]:
    home = folder / "store"
    services = build(Settings(home=home))
    ids = []
    for contract, line in (("C1", MOBILE), ("C2", OTHER)):
        file = folder / f"{contract}.csv"
        file.write_text(f"{HEADER}\n{line}\n", "utf-8")
        ids.append(services.imports.import_file(file, contract=contract).report_id)
    yield Store(services, home, *ids)
    services.close()


def holder(store: Store, *, role: str = "analyst", contracts: list[str] | None = None) -> tuple[Actor, str]:
    """Somebody with a key, and its id."""
    made = store.services.keys.create("Ann", role, contracts=contracts)  # type: ignore[arg-type]
    return store.services.keys.authenticate(made.key), made.key_id


def audited(store: Store) -> str:
    return (store.services.settings.logs_folder / "audit.log").read_text("utf-8")


def test_a_guess_takes_no_lock_and_waits_for_none(kept: Store):
    def guess() -> None:
        kept.services.shares.open("A" * 32)

    with (
        ThreadPoolExecutor(1) as strangers,
        kept.services.shares._catalogue.write(),
        pytest.raises(ShareGone),
    ):
        strangers.submit(guess).result(timeout=20)  # a writer waits for 30 seconds


def test_a_link_shows_its_report_and_counts_who_opens_it(store: Store):
    made = store.services.shares.create(Filters(report=store.mine), title=" March ", language="fr")
    share = store.services.shares.open(made.token, "192.0.2.7")
    paper = store.services.shares.paper(share)
    assert (share.title, share.language, share.masked) == ("March", "fr", True)
    assert (paper.title, paper.summary.values["faxes"]) == ("March", 1)
    (row,) = store.services.shares.list()
    assert (row["opened"], row["is_live"], row["filters"]) == (1, True, {"report": store.mine})
    assert row["last_opened_at"] is not None
    assert made.path == f"/shared/{made.token}"


def test_the_audit_log_names_a_link_by_its_title_and_strangers_in_the_readers_language(store: Store):
    made = store.services.shares.create(Filters(report=store.mine), title="March")
    store.services.shares.open(made.token, "192.0.2.7")
    store.services.shares.note_refusal("192.0.2.7")
    actors = [event["actor"] for event in store.services.audit.log(2).results]
    shown = {
        language: [who(translator(language), store.services.keys.names(), actor) for actor in actors]
        for language in LANGUAGES
    }
    narrow = "\N{NARROW NO-BREAK SPACE}"
    assert shown == {
        "en": ["nobody", "link “March”"],
        "fr": ["personne non identifiée", f"lien «{narrow}March{narrow}»"],
    }
    with acting(Actor("key:a", "analyst")):
        assert f"share:{made.share_id}" not in store.services.keys.names()


def test_a_look_is_not_counted(store: Store):
    made = store.services.shares.create(Filters())
    assert store.services.shares.look(made.token).share_id == made.share_id
    assert store.services.shares.list()[0]["opened"] == 0


def test_numbers_are_masked_unless_asked_otherwise(kept: Store):
    services = kept.services
    masked = services.shares.create(Filters(report=kept.mine))
    in_full = services.shares.create(Filters(report=kept.mine), masked=False)
    papers = [services.shares.paper(services.shares.open(each.token)) for each in (masked, in_full)]
    assert [NUMBER in repr(paper) for paper in papers] == [False, True]
    assert papers[0].rejects == []


@pytest.mark.parametrize(
    ("options", "shown"),
    [({}, "••••••"), ({"names": "initials"}, "D."), ({"names": "shown"}, "Docteur")],
)
@pytest.mark.parametrize("masked", [True, False])
def test_user_names_are_hidden_unless_asked_otherwise(
    options: dict[str, Any], shown: str, masked: bool, kept: Store
):
    share = kept.services.shares.create(Filters(report=kept.mine), masked=masked, **options)
    paper = kept.services.shares.paper(kept.services.shares.open(share.token))
    assert shown in [row["key"] for row in paper.users]
    told = f"{paper}"
    assert ("Docteur" in told) is (shown == "Docteur")


def test_the_token_is_kept_nowhere(store: Store):
    made = store.services.shares.create(Filters())
    store.services.shares.open(made.token, "192.0.2.7")
    store.services.close()
    files = [path for path in store.home.rglob("*") if path.is_file()]
    assert any(made.share_id.encode() in path.read_bytes() for path in files)
    assert not [path for path in files if made.token.encode() in path.read_bytes()]


def test_tokens_are_long_and_never_the_same(kept: Store):
    tokens = {kept.services.shares.create(Filters()).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) == 32 for token in tokens)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda token: "A" * 32,
        lambda _token: "",
        lambda _token: "é" * 32,
        lambda _token: "\x00",
    ],
)
def test_a_token_that_is_not_quite_right_opens_nothing(change: Callable[[str], str], kept: Store):
    made = kept.services.shares.create(Filters())
    with pytest.raises(ShareGone):
        kept.services.shares.open(change(made.token))


def test_a_revoked_link_is_refused_like_one_that_never_was(store: Store):
    made = store.services.shares.create(Filters())
    store.services.shares.revoke(made.share_id)
    with pytest.raises(ShareGone) as revoked:
        store.services.shares.open(made.token)
    with pytest.raises(ShareGone) as unknown:
        store.services.shares.open("A" * 32)
    assert str(revoked.value) == str(unknown.value)
    assert revoked.value.values == unknown.value.values == {}
    assert store.services.shares.list()[0]["is_live"] is False


@pytest.mark.parametrize(("left", "opens"), [(1, True), (0, False), (-1, False)])
def test_a_link_ends_at_its_instant(left: int, opens: bool, kept: Store, monkeypatch: pytest.MonkeyPatch):
    made = kept.services.shares.create(Filters(), days=1)
    now = made.expires_at - dt.timedelta(microseconds=left)
    monkeypatch.setattr("faxcloud.services.papers.shares.utc_now", lambda: now)
    if opens:
        assert kept.services.shares.open(made.token).share_id == made.share_id
    else:
        with pytest.raises(ShareGone):
            kept.services.shares.open(made.token)


def test_a_link_shows_no_more_than_its_creator_could_see(store: Store):
    ann, _ = holder(store, contracts=["C1"])
    with acting(ann):
        made = store.services.shares.create(Filters())
        with pytest.raises(ReportNotFound):
            store.services.shares.create(Filters(report=store.theirs))
    paper = store.services.shares.paper(store.services.shares.open(made.token))
    assert paper.summary.values["faxes"] == 1
    assert "Autre" not in repr(paper.users)


def test_a_report_that_has_left_the_creators_contract_is_not_shown_any_more(store: Store):
    ann, _ = holder(store, contracts=["C1"])
    with acting(ann):
        made = store.services.shares.create(Filters(report=store.mine))
    store.services.reports.edit(store.mine, contract="C2", start=None, end=None)
    with pytest.raises(ShareGone):
        store.services.shares.paper(store.services.shares.open(made.token))


def test_a_deleted_report_is_not_told_from_a_link_that_never_was(store: Store):
    made = store.services.shares.create(Filters(report=store.mine))
    store.services.reports.delete(store.mine)
    with pytest.raises(ShareGone):
        store.services.shares.paper(store.services.shares.open(made.token))


def test_a_link_ends_with_the_key_that_made_it(store: Store):
    ann, key_id = holder(store)
    with acting(ann):
        made = store.services.shares.create(Filters())
    assert store.services.shares.open(made.token).share_id == made.share_id
    store.services.keys.revoke(key_id)
    with pytest.raises(ShareGone):
        store.services.shares.open(made.token)
    assert store.services.shares.list()[0]["is_live"] is False


def test_a_link_ends_with_the_role_of_the_account_that_made_it(store: Store):
    account = "ann@example.org"
    store.services.accounts.set_role(account, "analyst")
    with acting(Actor(f"user:{account}", "analyst")):
        made = store.services.shares.create(Filters())
    assert store.services.shares.open(made.token).share_id == made.share_id
    store.services.accounts.set_role(account, "viewer")
    with pytest.raises(ShareGone):
        store.services.shares.open(made.token)


def test_a_link_ends_when_the_admin_key_of_the_environment_is_another(store: Store):
    store.services.close()
    tokens = {}
    for key in ("a-first-admin-key", "a-second-admin-key"):
        services = build(Settings(home=store.home, admin_key=SecretStr(key)))
        with acting(services.keys.authenticate(key)):
            tokens[key] = services.shares.create(Filters()).token
        assert services.shares.open(tokens[key])
        if key != "a-first-admin-key":
            with pytest.raises(ShareGone):
                services.shares.open(tokens["a-first-admin-key"])
        services.close()


def test_whoever_may_not_share_makes_no_link(kept: Store):
    with acting(Actor("key:v", "viewer")), pytest.raises(NotAllowed):
        kept.services.shares.create(Filters())
    with acting(Actor("key:v", "viewer")), pytest.raises(NotAllowed):
        kept.services.shares.list()


def test_an_analyst_sees_and_ends_their_own_links_an_administrator_all(store: Store):
    ann, bob = Actor("key:aaaaaaaaaaaa", "analyst"), Actor("key:bbbbbbbbbbbb", "analyst")
    with acting(ann):
        made = store.services.shares.create(Filters())
    with acting(bob):
        assert store.services.shares.list() == []
        with pytest.raises(ShareNotFound):
            store.services.shares.revoke(made.share_id)
    assert [row["share_id"] for row in store.services.shares.list()] == [made.share_id]
    store.services.shares.revoke(made.share_id)
    with acting(ann):
        assert store.services.shares.list()[0]["revoked_at"] is not None


@pytest.mark.parametrize(
    ("filters", "options", "name"),
    [
        (Filters(q="0145"), {}, "filters"),
        (Filters(user="Docteur"), {}, "filters"),
        (Filters(), {"days": 2}, "days"),
        (Filters(), {"days": 0}, "days"),
        (Filters(), {"language": "de"}, "language"),
        (Filters(), {"title": "x" * 121}, "title"),
        (Filters(), {"title": "a\nb"}, "title"),
    ],
)
def test_a_link_that_cannot_be_is_refused(filters: Filters, options: dict, name: str, kept: Store):
    before = len(kept.services.shares.list())
    with pytest.raises(ShareInvalid) as refused:
        kept.services.shares.create(filters, **options)
    assert refused.value.values["name"] == name
    assert "0145" not in refused.value.message
    assert "Docteur" not in refused.value.message
    assert len(kept.services.shares.list()) == before


def test_making_opening_and_ending_a_link_are_audited_without_its_token(store: Store):
    made = store.services.shares.create(Filters(report=store.mine))
    store.services.shares.open(made.token, "192.0.2.7", "pdf")
    store.services.shares.note_refusal("192.0.2.8")
    store.services.shares.revoke(made.share_id)
    log = audited(store)
    assert [log.count(f'"{action}"') for action in ("share.create", "share.open", "share.revoke")] == [
        1,
        2,
        1,
    ]
    assert made.token not in log
    assert f"share:{made.share_id}" in log


def test_opening_a_page_is_counted_and_a_file_of_it_is_not(store: Store):
    made = store.services.shares.create(Filters())
    for view in ("page", "pdf", "xlsx", "page"):
        store.services.shares.open(made.token, view=view)
    assert store.services.shares.list()[0]["opened"] == 2


def test_only_the_hash_stands_in_the_catalogue(store: Store):
    made = store.services.shares.create(Filters())
    with sa.create_engine(store.services.settings.catalogue_url).connect() as conn:
        (row,) = conn.execute(sa.select(shares)).mappings()
    assert made.token not in repr(row)
    assert len(row["token_hash"]) == 64
    assert row["expires_at"] > utc_now()
