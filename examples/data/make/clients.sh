#!/bin/bash
# curl, wget and ab clients.  Usage: clients.sh PORT H2_PORT SECONDS TMPFOLDER
# All three keep their own User-Agent unless -A or --user-agent sets one.
set -u
port=$1 h2=$2 seconds=$3 tmp=$4
v4=http://127.0.0.1:$port
v6=http://[::1]:$port
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
RANDOM=7                                  # the same choices on every run

# get ADDRESS [curl options] URL: a curl request from the given loopback address
get() { local from=$1; shift; curl -q -s -g -o /dev/null --interface "$from" "$@"; return 0; }
pause() { sleep "$(awk -v n="$1" 'BEGIN { print n / 1000 }')"; }        # milliseconds
pick() { local all=("$@"); echo "${all[RANDOM % $#]}"; }

modified='If-Modified-Since: Tue, 02 Jan 2024 12:00:00 GMT'   # see site.py
pages=(/ / / /about.html /products.html /contact.html /blog/ /blog/post-03.html
       /blog/post-07.html /feed.xml /files/ /files/data.json /robots.txt
       /img/icon.svg /api/items /css/print.css /favicon.ico)
lost=(/index.php /blog/post-99.html /img/photo-9.png /robot.txt /Blog/ /files/prices-2022.csv)

curl_clients() {
    # Health check, feed reader, ordinary fetches and dead links.
    local step=$((seconds * 1000 / 60)) i
    for i in $(seq 60); do
        get 127.0.0.10 -I "$v4/api/health"
        get "127.0.0.$((20 + i % 5))" "$v4$(pick "${pages[@]}")"
        get "127.0.0.$((20 + i % 3))" -H "$modified" "$v4$(pick /feed.xml / /about.html)"
        case $((i % 6)) in
            0) get ::1 "$v6$(pick "${pages[@]}")" ;;
            1) get 127.0.0.31 "$v4$(pick "${lost[@]}")" ;;
            2) get 127.0.0.32 -0 "$v4$(pick "${pages[@]}")" ;;               # HTTP/1.0
            3) get 127.0.0.33 --http2-prior-knowledge \
                   "http://127.0.0.1:$h2$(pick "${pages[@]}")" ;;            # HTTP/2.0
            4) get 127.0.0.34 --compressed -L "$v4/old-page.html" ;;         # 301, then 200
            5) get ::1 -I "$v6/missing-$i.html" ;;
        esac
        pause $((step * (50 + RANDOM % 80) / 100))
    done
}

curl_special() {
    # One line per curl call below, in this order, spread over the whole run.
    local list=(
        "127.0.0.40|-r|0-99|$v4/files/big.bin"                  # 206
        "127.0.0.40|-r|-512|$v4/files/big.bin"
        "127.0.0.40|-r|0-9,100-109,5000-|$v4/files/data.json"   # 206, three parts
        "127.0.0.40|-r|99999999-|$v4/files/big.bin"             # 416
        "127.0.0.40|$v4/files/big.bin"                          # 8 MiB
        "127.0.0.41|-X|POST|-d|name=x|$v4/contact.html"         # 405
        "127.0.0.41|-X|PUT|-d|x|$v4/files/new.txt"
        "127.0.0.41|-X|DELETE|$v4/files/data.json"
        "127.0.0.41|-X|OPTIONS|$v4/"
        "127.0.0.41|-X|PROPFIND|$v4/files/"
        "127.0.0.41|-d|a=1&b=2|$v4/api/orders"                  # 201
        "127.0.0.41|-d|@$tmp/site/files/big.bin|$v4/api/orders" # 413
        "127.0.0.42|$v4/private/"                               # 401
        "127.0.0.42|-u|alice:wrong|$v4/private/"                # 401, but with a user name
        "127.0.0.42|-u|alice:secret|$v4/private/"
        "127.0.0.42|-u|alice:secret|$v4/private/report.txt"
        "127.0.0.42|-u|mary ann:secret|$v4/private/"            # a space in the user name
        "127.0.0.42|-u|o\"neil:secret|$v4/private/"             # a quote in the user name
        "127.0.0.42|-u|zoë:secret|$v4/private/"
        "127.0.0.42|-u|:|$v4/private/"                          # an empty user name
        "127.0.0.43|$v4/admin/"                                 # 403
        "127.0.0.43|$v4/img/"                                   # 403, folder without index
        "127.0.0.43|$v4/blog"                                   # 301, slash missing
        "127.0.0.43|-L|$v4/go"                                  # 302, then 200
        "127.0.0.43|$v4/beacon?e=load&t=1532"                   # 204
        "127.0.0.43|$v4/retired.html"                           # 410
        "127.0.0.43|$v4/broken"                                 # 500
        "127.0.0.43|$v4/maintenance"                            # 503
        "127.0.0.43|$v4/down/cart"                              # 502
        "127.0.0.43|$v4/hangup"                                 # 444
        "127.0.0.43|$v4/slow/5"                                 # 504
        "127.0.0.43|-m|0.4|$v4/slow/1.5?report=weekly"          # 499
        "127.0.0.43|--limit-rate|200k|-m|1|$v4/files/big.bin"   # 200, cut short
        "127.0.0.44|$v4/search?q=caf%C3%A9&lang=fr"
        "127.0.0.44|$v4/search?q=café&lang=fr"                  # UTF-8 bytes as they are
        "127.0.0.44|$v4/docs/caf%C3%A9.html"
        "127.0.0.44|$v4/docs/日本語.html"                           # curl encodes this one
        "127.0.0.44|$v4/files/notes%20with%20spaces.txt"
        "127.0.0.44|$v4/files/a+b&c=d.txt?x=1&x=2&empty=&flag"
        "127.0.0.44|$v4/blog/?q=\"quoted\"&r=back\\slash"       # quotes and a backslash
        "127.0.0.44|$v4/blog/?q=%22quoted%22&r=%5C&n=%0A&p=100%25"
        "127.0.0.44|$v4/blog/?filter[tag]={a,b}|c^d~\`"
        "127.0.0.44|$v4/blog/?next=https://example.org/a?b=c#part"
        "127.0.0.44|--path-as-is|$v4/css/../about.html"
        "127.0.0.44|--path-as-is|$v4//blog///post-01.html"
        "127.0.0.45|-A||$v4/"                                   # no User-Agent header
        "127.0.0.45|-H|User-Agent;|$v4/"                        # header with an empty value
        "127.0.0.45|-A|-|-e|-|$v4/"                             # a real "-"
        "127.0.0.45|-H|Referer;|$v4/about.html"
        "127.0.0.45|-A|Mozilla/5.0 \"quoted\" (back\\slash)|$v4/"
        "127.0.0.45|-A|\\x22 already escaped \\x22|$v4/"        # logged as \x5Cx22
        "127.0.0.45|-A|x\" 200 999 \"-\" \"fake|$v4/"           # tries to forge fields
        "127.0.0.45|-A|Żółw/1.0 (naïve 🐢)|$v4/"
        "127.0.0.45|-A|tab	here  and   spaces|$v4/"
        "127.0.0.45|-A|[brackets] - \$dollar {brace} 'single' <tag>|$v4/"
        "127.0.0.45|-A|line%0D%0Abreak|$v4/"
        "127.0.0.45|-e|https://search.example/?q=\"nginx logs\"|$v4/"
        "127.0.0.45|-e|https://search.example/?q=caf%C3%A9+bar|$v4/about.html"
        "127.0.0.45|-e|https://пример.example/стр|$v4/about.html"
        "127.0.0.45|-e|back\\slash|$v4/about.html"
        "127.0.0.45|-e|android-app://com.example.reader/|$v4/feed.xml"
        "127.0.0.46|-H|If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT|$v4/"   # 412
        "127.0.0.46|-k|https://127.0.0.1:$port/"                # TLS to the plain port: 400
        "::1|-k|https://[::1]:$port/"
        "127.0.0.46|-H|Transfer-Encoding: gzip|-d|x|$v4/api/orders"               # 501
        "127.0.0.46|-H|X-Long: $(printf 'h%.0s' {1..1500})|$v4/"                  # 400
        "127.0.0.46|$v4/?long=$(printf 'ok%.0s' {1..350})"                        # 200
        "127.0.0.46|$v4/?toolong=$(printf 'no%.0s' {1..600})"                     # 414
        "::1|$v6/toolong/$(printf '%%20%.0s' {1..400})"                           # 414
    )
    local step=$((seconds * 1000 / ${#list[@]})) item args
    for item in "${list[@]}"; do
        # "|" divides the options; the one URL that contains "|" is put back together.
        IFS='|' read -r -a args <<<"$item"
        if [[ $item == *'}|c^'* ]]; then args=("${args[0]}" "${args[1]}|${args[2]}"); fi
        get "${args[@]}"
        pause $((step * 85 / 100))
    done
}

wget_clients() {
    fetch() { wget --no-config --no-proxy -q "$@"; return 0; }
    # Mirror the site, then ask again for some of the files: unchanged ones answer 304.
    local wait
    wait=$(awk -v s="$seconds" 'BEGIN { print s / 150 }')
    fetch --bind-address=127.0.0.50 -r -l 3 -R big.bin --wait="$wait" --random-wait \
        -P "$tmp/mirror" "$v4/"
    printf "$v4%s\n" /{index,about,products,contact}.html /blog/post-{01..12}.html \
        /css/site.css /js/app.js /img/photo-0{1..8}.png >"$tmp/urls"
    fetch --bind-address=127.0.0.50 -x -N -i "$tmp/urls" --wait="$wait" --random-wait \
        -P "$tmp/mirror"
    fetch --spider --bind-address=127.0.0.51 "$v4/files/big.bin"            # HEAD
    fetch --bind-address=127.0.0.51 -O "$tmp/wget.out" "$v4/files/überblick.txt"
    fetch --bind-address=127.0.0.51 -O "$tmp/wget.out" --user=bob --password=secret \
        "$v4/private/"                                                      # 401, then 200
    fetch --bind-address=127.0.0.51 -O "$tmp/wget.out" --post-data=a=b "$v4/about.html"
    fetch --bind-address=127.0.0.51 -O "$tmp/wget.out" --tries=1 "$v4/down/cart"
    head -c 5000000 "$tmp/site/files/big.bin" >"$tmp/part.bin"
    fetch --bind-address=127.0.0.51 -c -O "$tmp/part.bin" "$v4/files/big.bin"   # 206
    fetch --user-agent="" -O "$tmp/wget.out" "$v6/"
    fetch -r -l 1 --wait=0.4 -P "$tmp/mirror6" "$v6/files/sub/"
}

ab_clients() {
    bench() { ab -q -s 10 "$@" >/dev/null 2>&1; pause $((seconds * 1000 / 10)); return 0; }
    bench -n 240 -c 6     -B 127.0.0.61 "$v4/"                              # HTTP/1.0
    bench -n 200 -c 4 -k  -B 127.0.0.61 "$v4/css/site.css"                  # keep-alive
    bench -n 100 -c 4 -i  -B 127.0.0.62 "$v4/img/logo.png"                  # HEAD
    bench -n 100 -c 2     "$v6/blog/?page=2&sort=date"
    bench -n 100 -c 4     -B 127.0.0.62 -H "$modified" "$v4/about.html"     # 304
    bench -n 50  -c 10    -B 127.0.0.63 "$v4/limited/"                      # 200, then 429
    bench -n 40  -c 2     -B 127.0.0.63 -A alice:secret "$v4/private/"
    printf 'item=7&count=2' >"$tmp/order"
    bench -n 30  -c 3     -B 127.0.0.63 -p "$tmp/order" \
        -T application/x-www-form-urlencoded "$v4/api/orders"
    bench -n 30  -c 3     -B 127.0.0.64 "$v4/blog/post-13.html"             # 404
}

curl_clients & curl_special & wget_clients & ab_clients &
wait
