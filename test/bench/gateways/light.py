# The lightest gateway: listens on PORT and answers every request with its pid. One request a connection.
import os
import socket

body = str(os.getpid()).encode()
answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
while True:
    client, _ = server.accept()
    with client:
        client.settimeout(1)
        try:
            client.recv(65536)
            client.sendall(answer)
        except OSError:
            pass
