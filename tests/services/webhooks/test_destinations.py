"""Webhook destinations (SSRF protection): tricks by which a URL leads into a private network."""

import ipaddress
import socket
from typing import Any

import pytest

from faxcloud.errors import DestinationRefused
from faxcloud.services.webhooks import destinations as reasons
from faxcloud.services.webhooks.destinations import Destinations

PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


def resolving(**names: str) -> Any:
    """A name server that knows these names, dots as underscores; several addresses apart by commas."""
    known = {name.replace("_", "."): addresses.split(",") for name, addresses in names.items()}

    def resolve(host: str, port: int) -> list[Any]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    return resolve


def vetting(allowed: str = "", **names: str) -> Destinations:
    networks = tuple(ipaddress.ip_network(network) for network in allowed.split(",") if network)
    return Destinations(networks, resolving(**names))


def refusal(url: str, destinations: Destinations) -> str:
    with pytest.raises(DestinationRefused) as refused:
        destinations.vet(url)
    return str(refused.value.values["reason"])


def test_a_public_https_address_is_accepted_with_all_its_addresses() -> None:
    found = vetting(hooks_example_org=f"{PUBLIC},{PUBLIC_V6}").vet("https://hooks.example.org:8443/a?b=c")
    assert (str(found.url), found.host) == ("https://hooks.example.org:8443/a?b=c", "hooks.example.org")
    assert found.addresses == (PUBLIC, PUBLIC_V6)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192"),
        *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "192.0.0.9"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
        *("fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "2001:10::1"),
        *("100::1", "3fff::1", "5f00::1"),
    ],
)
def test_an_address_that_is_not_public_is_refused_as_it_is_and_behind_a_name(address: str) -> None:
    written = f"[{address}]" if ":" in address else address
    assert refusal(f"https://{written}/", vetting()) == reasons.NOT_PUBLIC
    assert refusal("https://hook.example.org/", vetting(hook_example_org=address)) == reasons.NOT_PUBLIC


def test_one_private_address_among_public_ones_is_enough() -> None:
    mixed = vetting(hook_example_org=f"{PUBLIC},10.0.0.7")
    assert refusal("https://hook.example.org/", mixed) == reasons.NOT_PUBLIC


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.01", "127.0.1"],
)
def test_a_number_that_is_read_as_an_address_elsewhere_is_refused(host: str) -> None:
    for url in (f"https://{host}/", f"https://{host}./"):
        assert refusal(url, Destinations()) in (reasons.NUMERIC, reasons.NO_URL)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "LocalHost."])
def test_localhost_is_refused_however_it_is_written(host: str) -> None:
    assert refusal(f"https://{host}/", Destinations()) == reasons.NOT_PUBLIC


def test_digits_of_other_scripts_are_no_way_to_loopback() -> None:
    assert refusal("https://127。0。0。1/", vetting()) == reasons.NOT_PUBLIC
    assert refusal("https://①②⑦.⓪.⓪.①/", vetting()) == reasons.NO_URL


@pytest.mark.parametrize(
    "url",
    [
        "https://hook.example.org@127.0.0.1/",
        "https://user:password@hook.example.org/",
        "https://127.0.0.1:443@hook.example.org/",
        "https://hook.example.org%2f@127.0.0.1/",
    ],
)
def test_a_user_name_or_password_is_refused(url: str) -> None:
    destinations = vetting(hook_example_org=PUBLIC)
    assert refusal(url, destinations) == reasons.CREDENTIALS


@pytest.mark.parametrize(
    "url",
    [
        *("", "https:", "https://", "https:///etc/passwd", "https://[::1", "https://hook.example.org:99999/"),
        *(
            "https://hook.example.org\\@127.0.0.1/",
            "https://hook.example.org /",
            " https://hook.example.org/",
        ),
        *(
            "https://hook.example.org\t/",
            "https://hook.example.org\r\nX: y/",
            "https://hook.example.org/#there",
        ),
        *("https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://hook%2eexample.org/"),
        *("https://-hook.example.org/", "https://hook..example.org/", f"https://{'a' * 64}.org/"),
        *(
            "https://hook.example.org:80:90/",
            f"https://hook.example.org/{'a' * 2_000}",
            "https://…/",
            "https://./",
        ),
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    assert refusal(url, vetting(hook_example_org=PUBLIC)) in (
        reasons.NO_URL,
        reasons.BAD_PORT,
        reasons.NOT_HTTP,
    )


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://hook.example.org/",
            "file:///etc/passwd",
            "gopher://hook.example.org:6379/_x",
            "//hook.example.org/",
        ),
        *("javascript:alert(1)", "hook.example.org", "unix:///var/run/docker.sock", "data:text/plain,x"),
    ],
)
def test_only_the_web_is_sent_to(url: str) -> None:
    assert refusal(url, vetting(hook_example_org=PUBLIC)) == reasons.NOT_HTTP


@pytest.mark.parametrize("port", [0, 1, 22, 25, 53, 445, 1023])
def test_ports_of_other_services_are_refused(port: int) -> None:
    assert refusal(f"https://hook.example.org:{port}/", vetting(hook_example_org=PUBLIC)) == reasons.BAD_PORT


def test_a_name_that_does_not_resolve_is_refused() -> None:
    assert refusal("https://nowhere.example.org/", vetting()) == reasons.UNKNOWN
    assert (
        refusal("https://hook.example.org/", Destinations(resolve=lambda host, port: [])) == reasons.UNKNOWN
    )


def test_a_name_that_does_not_resolve_yet_can_be_registered_and_nothing_else_that_is_refused() -> None:
    assert vetting().admit("https://Nowhere.example.org/hook") == (
        "https://nowhere.example.org/hook",
        "nowhere.example.org",
    )
    for url in ("https://10.1.2.3/", "https://user@nowhere.example.org/", "ftp://nowhere.example.org/"):
        with pytest.raises(DestinationRefused):
            vetting().admit(url)


def test_plain_http_may_go_where_https_may() -> None:
    destinations = vetting("10.1.0.0/16", hook_example_org=PUBLIC, intern_example_org="10.1.2.3")
    assert destinations.vet("http://hook.example.org/").host == "hook.example.org"
    assert destinations.vet("http://intern.example.org/").addresses == ("10.1.2.3",)
    assert destinations.vet("https://intern.example.org/").addresses == ("10.1.2.3",)
    assert destinations.vet("http://10.1.2.3/").host == "10.1.2.3"
    assert refusal("http://10.2.0.1/", destinations) == reasons.NOT_PUBLIC


def test_a_network_that_was_named_is_not_reached_through_another_protocol() -> None:
    destinations = vetting("127.0.0.0/8,fd00::/8")
    assert destinations.vet("http://[fd00::7]:8080/").addresses == ("fd00::7",)
    for address in ("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"):
        assert refusal(f"https://{address}/", destinations) == reasons.NOT_PUBLIC


def test_nobody_can_name_multicast_or_no_address_at_all() -> None:
    everything = vetting("0.0.0.0/0,::/0")
    for host in ("0.0.0.0", "224.0.0.1", "[::]", "[ff02::1]"):
        assert refusal(f"https://{host}/", everything) == reasons.NOT_PUBLIC


def test_an_international_name_is_resolved_and_named_in_ascii() -> None:
    found = vetting(**{"xn--hpital-ixa_example": PUBLIC}).vet("https://hôpital.example/accès")
    assert (found.host, found.url.raw_path) == ("xn--hpital-ixa.example", b"/acc%C3%A8s")


def test_a_trailing_dot_is_not_part_of_the_name() -> None:
    assert vetting(hook_example_org=PUBLIC).vet("https://Hook.Example.ORG./x").host == "hook.example.org"


def test_a_refusal_quotes_the_host_alone() -> None:
    with pytest.raises(DestinationRefused) as refused:
        vetting().vet("https://10.0.0.1/secret/path?token=secret")
    assert "10.0.0.1" in refused.value.message
    assert "secret" not in refused.value.message
