#!/usr/bin/env python3
"""The small application behind nginx.  Usage: upstream.py PORT

GET /api/...   200, JSON          POST /api/...   201, JSON
/slow/N        the same after N seconds (nginx gives up after 2 seconds: 504)
"""
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class App(BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:
            pass                      # nginx has closed the connection: 499 or 504

    def be_slow(self):
        if self.path.startswith("/slow/"):
            time.sleep(float(self.path.split("?")[0].rsplit("/", 1)[1]))

    def do_GET(self):
        self.be_slow()
        self.answer(200, {"ok": True, "path": self.path})

    do_HEAD = do_GET

    def do_POST(self):
        size = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.be_slow()
        self.answer(201, {"ok": True, "received": size})

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), App).serve_forever()
