#!/usr/bin/env python3
"""Make the small website that nginx serves.  Usage: site.py FOLDER

The content is the same on every run: seeded random numbers, fixed file times.
"""
import os
import random
import struct
import sys
import zlib

ROOT = sys.argv[1]
MTIME = 1704196800            # Tue, 02 Jan 2024 12:00:00 GMT
rnd = random.Random(20240102)
WORDS = ("river stone garden window letter market winter bridge paper music "
         "table forest harbour candle village morning kettle ladder basket").split()


def write(path, data):
    full = os.path.join(ROOT, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode("utf-8"))
    os.utime(full, (MTIME, MTIME))


def text(n):
    return " ".join(rnd.choice(WORDS) for _ in range(n)).capitalize() + "."


def page(title, body=""):
    paragraphs = "\n".join(f"<p>{text(rnd.randint(30, 90))}</p>"
                           for _ in range(rnd.randint(2, 7)))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/css/site.css">
<link rel="icon" href="/favicon.ico">
<script src="/js/app.js" defer></script></head>
<body><img src="/img/logo.png" alt="logo">
<nav><a href="/">Home</a> <a href="/about.html">About</a>
<a href="/products.html">Products</a> <a href="/contact.html">Contact</a>
<a href="/blog/">Blog</a> <a href="/files/">Files</a></nav>
<h1>{title}</h1>
{body}
{paragraphs}
</body></html>
"""


def png(width, height):
    """A real PNG with some noise, so that the sizes differ."""
    rows = b"".join(b"\0" + bytes(rnd.randrange(0, 256, 32) for _ in range(width * 3))
                    for _ in range(height))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


photos = [f"/img/photo-{i:02}.png" for i in range(1, 9)]
posts = [f"/blog/post-{i:02}.html" for i in range(1, 13)]

write("index.html", page("Home", f'<img src="{photos[0]}"> <a href="/old-page.html">Old</a>'))
write("about.html", page("About", f'<img src="{photos[1]}"> <a href="/gone-missing.html">?</a>'))
write("products.html", page("Products", "".join(f'<img src="{p}">' for p in photos[2:6])))
write("contact.html", page("Contact", '<a href="/docs/caf%C3%A9.html">Café</a>'))
write("404.html", page("Not found"))
write("blog/index.html", page("Blog", " ".join(f'<a href="{p}">{p}</a>' for p in posts)))
for i, p in enumerate(posts):
    write(p[1:], page(f"Post {i + 1}", f'<img src="{photos[i % 8]}">'))
write("docs/café.html", page("Café"))
write("docs/日本語.html", page("日本語"))
write("private/index.html", page("Members"))
write("private/report.txt", text(300))
write("limited/index.html", page("Limited"))

write("css/site.css", "\n".join(f".{w}-{i} {{ margin: {i}px; }}"
                                for i in range(12) for w in WORDS))
write("css/print.css", "nav { display: none; }\n")
write("js/app.js", "\n".join(f"function {w}{i}() {{ return {i}; }}"
                             for i in range(15) for w in WORDS))
write("img/logo.png", png(48, 16))
for i, p in enumerate(photos):
    write(p[1:], png(60 + 20 * i, 40 + 15 * i))
write("img/icon.svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
                      '<circle cx="4" cy="4" r="3"/></svg>\n')
write("favicon.ico", png(16, 16))

urls = ["/", "/about.html", "/products.html", "/contact.html", "/blog/"] + posts
write("robots.txt", "User-agent: *\nDisallow: /private/\nSitemap: /sitemap.xml\n")
write("sitemap.xml", "<urlset>" + "".join(f"<url><loc>{u}</loc></url>" for u in urls)
      + "</urlset>\n")
write("feed.xml", "<feed>" + "".join(f"<entry><id>{p}</id><summary>{text(20)}</summary></entry>"
                                     for p in posts) + "</feed>\n")

write("files/prices-2023.csv", "item,price\n" + "".join(
    f"{rnd.choice(WORDS)},{rnd.randint(100, 9999) / 100}\n" for _ in range(400)))
write("files/data.json", '{"items": [' + ", ".join(str(rnd.randint(0, 10**6))
                                                   for _ in range(500)) + "]}\n")
write("files/notes with spaces.txt", text(80) + "\n")
write("files/überblick.txt", text(60) + "\n")
write("files/a+b&c=d.txt", text(40) + "\n")
write("files/empty.txt", "")
write("files/sub/readme.txt", text(50) + "\n")
write("files/big.bin", rnd.randbytes(8 * 1024 * 1024))
