"""Network isolation: a server on all addresses sends no packet without a request (in its own namespace)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.whole_server import ROOT

PROGRAM = """
import fcntl, os, socket, struct, subprocess, sys
from pathlib import Path
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from tests.crash.whole_server import ADMIN_KEY, WholeServer

# The route to everywhere ends here: what is sent can be read from the tunnel.
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", b"tunnel", IFF_TUN | IFF_NO_PI))
Path("/proc/sys/net/ipv6/conf/tunnel/disable_ipv6").write_text("1")
for command in ("link set lo up", "addr add 198.51.100.2/24 dev tunnel", "link set tunnel up",
                "route add default via 198.51.100.1"):
    subprocess.run(["ip", *command.split()], check=True)

def packets():
    found = []
    while True:
        try:
            found.append(os.read(tunnel, 2048).hex())
        except BlockingIOError:
            return found

server = WholeServer(Path(sys.argv[1]), STREAMLIT_SERVER_ADDRESS="0.0.0.0", FAXCLOUD_HOSTS="fax.example.org")
try:
    assert server.ask("GET", "/api/v3/health").status_code == 200
    assert server.ask("GET", "/").status_code == 200
    for origin in ("https://fax.example.org", "https://elsewhere.example", None):
        try:
            with connect(server.url.replace("http", "ws") + "/_stcore/stream", origin=origin, close_timeout=1,
                         additional_headers={"X-API-Key": ADMIN_KEY}):
                pass
        except InvalidStatus:
            assert origin == "https://elsewhere.example"
finally:
    server.kill()
assert not (unasked := packets()), unasked
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.sendto(b"a packet", ("203.0.113.9", 9))
assert b"a packet".hex() in "".join(packets()), "packets are not seen"
"""


def test_a_server_on_all_addresses_sends_no_packet_unasked(tmp_path: Path) -> None:
    apart = ["unshare", "--map-root-user", "--net"]
    tools = all(map(shutil.which, ("unshare", "ip"))) and Path("/dev/net/tun").exists()
    if not tools or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("no network namespace can be made here: packets are not looked for")
    done = subprocess.run(
        [*apart, sys.executable, "-c", PROGRAM, tmp_path / "store"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
