"""A server that takes PROXY headers, but from this host itself only, and needs none from anybody.

arguments: PORT PORT_BEHIND. What comes with a header goes on as it is; what comes without one gets
one that says who came. SIGTERM: takes nobody more, ends when the last one has gone.
"""

import signal
import socket
import sys
import threading

HEADERS = (b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n")


def begins_with_header(client):
    while True:
        seen = client.recv(12, socket.MSG_PEEK)
        for header in HEADERS:
            if seen.startswith(header):
                return True
        if not seen or not any(header.startswith(seen) for header in HEADERS):
            return False


def passes_on(source, target):
    try:
        while some := source.recv(65536):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    peer, here = client.getpeername(), client.getsockname()
    with client, socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as behind:
        if begins_with_header(client):
            if peer[0] not in ("127.0.0.1", here[0]):
                return
        else:
            line = "PROXY TCP4 %s %s %d %d\r\n" % (peer[0], here[0], peer[1], here[1])
            behind.sendall(line.encode())
        back = threading.Thread(target=passes_on, args=(behind, client))
        back.start()
        passes_on(client, behind)
        back.join()


def end(signal, frame):
    raise SystemExit


signal.signal(signal.SIGTERM, end)
with socket.create_server(("", int(sys.argv[1])), backlog=1024) as listening:
    while True:
        threading.Thread(target=serve, args=(listening.accept()[0],)).start()
