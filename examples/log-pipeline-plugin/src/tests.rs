//! What the host calls, called in tests.

use plugin_sdk::serde_json::{self, Value, json};

use crate::*;

const LINE: &str = r#"203.0.113.7 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#;

fn parse_with(config: Value, line: &str) -> Value {
    serde_json::from_str(&execute_log_parser("combined", &config.to_string(), line)).unwrap()
}

fn parse(line: &str) -> Value {
    parse_with(json!({}), line)
}

/// A line with this request.
fn requesting(request: &str) -> Value {
    parse(&LINE.replace("GET /apache_pb.gif HTTP/1.0", request))
}

fn filter(name: &str, config: Value, entry: Value) -> Value {
    serde_json::from_str(&execute_log_filter(name, &config.to_string(), &entry.to_string())).unwrap()
}

fn error(reply: &Value) -> &str {
    reply["error"].as_str().unwrap_or_else(|| panic!("{reply} is not an error"))
}

#[test]
fn a_line_becomes_an_entry() {
    assert_eq!(
        execute_log_parser("combined", "{}", LINE),
        concat!(
            r#"{"remote_addr":"203.0.113.7","ident":null,"user":"frank","time":"10/Oct/2000:13:55:36 -0700","#,
            r#""timestamp":"2000-10-10T13:55:36-07:00","method":"GET","path":"/apache_pb.gif","protocol":"HTTP/1.0","#,
            r#""status":200,"bytes":2326,"referer":"http://www.example.com/start.html","#,
            r#""user_agent":"Mozilla/4.08 [en] (Win98; I ;Nav)"}"#,
        )
    );
}

#[test]
fn a_dash_is_null() {
    let entry = parse(r#"::1 - - [29/Feb/2024:23:59:60 +0000] "-" 408 - "-" "-""#);
    assert_eq!(
        entry,
        json!({
            "remote_addr": "::1", "ident": null, "user": null,
            "time": "29/Feb/2024:23:59:60 +0000", "timestamp": "2024-02-29T23:59:60+00:00",
            "method": null, "path": null, "protocol": null,
            "status": 408, "bytes": null, "referer": null, "user_agent": null,
        })
    );
    assert_eq!(parse(&LINE.replace(" 200 ", " - "))["status"], Value::Null);
}

#[test]
fn a_line_may_end_as_in_a_file() {
    for end in ["\n", "\r\n", "\r"] {
        assert_eq!(parse(&(LINE.to_owned() + end)), parse(LINE));
    }
}

#[test]
fn requests_are_split() {
    let parts = |request: &str| {
        let entry = requesting(request);
        assert_eq!(entry.get("request"), None, "{request}");
        [&entry["method"], &entry["path"], &entry["protocol"]].map(|part| part.as_str().unwrap().to_owned())
    };
    assert_eq!(parts("GET / HTTP/1.1"), ["GET", "/", "HTTP/1.1"]);
    assert_eq!(parts("M-SEARCH * HTTP/1.1"), ["M-SEARCH", "*", "HTTP/1.1"]);
    assert_eq!(parts("CONNECT example.com:443 HTTP/1.1"), ["CONNECT", "example.com:443", "HTTP/1.1"]);
    assert_eq!(parts("GET /a b  c HTTP/2.0"), ["GET", "/a b  c", "HTTP/2.0"]);
    assert_eq!(parts("GET  /  HTTP/1.0"), ["GET", "/", "HTTP/1.0"]);
    assert_eq!(parts(r"GET /\xC3\xA9?q=\x22 HTTP/1.1"), ["GET", "/é?q=\"", "HTTP/1.1"]);
    assert_eq!(parts("GET /é HTTP/1.1"), ["GET", "/é", "HTTP/1.1"]);
}

#[test]
fn what_is_no_request_is_kept_whole() {
    for request in [
        "",
        "GET",
        "GET /",
        "GET / ",
        " GET / HTTP/1.1",
        "get / HTTP/1.1",
        "GET / FTP/1.1",
        "GET  HTTP/1.1",
        "GET HTTP/1.1",
        "\u{1}\u{2} x y",
        "SSH-2.0-Go",
        "HTTP/1.1",
    ] {
        let entry = requesting(request);
        assert_eq!(entry["request"], request);
        assert_eq!([&entry["method"], &entry["path"], &entry["protocol"]], [&Value::Null; 3]);
        assert_eq!(entry["status"], 200);
    }
    assert_eq!(requesting(r"\x16\x03\x01\x00\xFF")["request"], "\u{16}\u{3}\u{1}\0\u{fffd}");
}

#[test]
fn escapes_are_decoded() {
    let agent = |text: &str| {
        let entry = parse(&LINE.replace("Mozilla/4.08 [en] (Win98; I ;Nav)", text));
        entry["user_agent"].as_str().unwrap_or_else(|| panic!("{entry}")).to_owned()
    };
    assert_eq!(agent(r"a\x22b\x5Cc\x5cd"), r#"a"b\c\d"#);
    assert_eq!(agent(r#"a \"b\" \\ c"#), r#"a "b" \ c"#);
    assert_eq!(agent(r"\n\r\t\b\v\f"), "\n\r\t\u{8}\u{b}\u{c}");
    assert_eq!(agent(r"\xE2\x9C\x93 \xFF"), "✓ \u{fffd}");
    // What no server writes stays.
    assert_eq!(agent(r"\q \x4 \xgg \é"), r"\q \x4 \xgg \é");
    assert_eq!(agent(r"\x2D"), "-");
    assert_eq!(parse(&LINE.replace("frank", r"fr\x22ank"))["user"], "fr\"ank");
}

#[test]
fn a_user_may_have_spaces() {
    assert_eq!(parse(&LINE.replace("frank", "frank the tank"))["user"], "frank the tank");
    assert_eq!(parse(&LINE.replace("frank", "Zoë"))["user"], "Zoë");
}

#[test]
fn errors_name_what_and_where() {
    let cases = [
        ("", "the address of the client at column 1"),
        ("::1", "a space after the address at column 4"),
        ("::1 ", "the identity, or `-` at column 5"),
        ("::1 -", "a space after the identity at column 6"),
        ("::1 - frank 1", "the user, or `-`, and `[` before the time at column 7"),
        ("::1 - - [10/Oct/2000", "a time like `10/Oct/2000:13:55:36 -0700` at column 10"),
    ];
    for (line, expected) in cases {
        assert_eq!(error(&parse(line)), format!("expected {expected}"));
    }
    let replacing = [
        ("10/Oct", "10/Okt", "a month like `Oct` at column 25"),
        ("10/Oct", "31/Sep", "a day of that month at column 22"),
        ("10/Oct", "00/Oct", "a day of that month at column 22"),
        ("10/Oct/2000", "29/Feb/1900", "a day of that month at column 22"),
        ("/2000:", "/20x0:", "a year at column 29"),
        (":13:", ":24:", "an hour at column 34"),
        (":55:", ":60:", "a minute at column 37"),
        (":36 ", ":61 ", "a second at column 40"),
        (" -0700", " ~0700", "a time zone like `+0200` at column 43"),
        ("-0700]", "-0700)", "`]` after the time at column 48"),
        ("] \"GET", "]\"GET", "a space after the time at column 49"),
        ("\"GET", "GET", "`\"` before the request at column 50"),
        ("\" 200", "\"200", "a space after the request at column 79"),
        (" 200 ", " 20 ", "a status of three digits at column 80"),
        (" 200 ", " 2000 ", "a space after the status at column 83"),
        (" 2326 ", " x ", "a number of bytes, or `-` at column 84"),
        (" 2326 ", " 18446744073709551616 ", "a number of bytes below 2^64 at column 84"),
        (" 2326 ", " 2326x ", "a space after the number of bytes at column 88"),
        ("\"http://www.example.com/start.html\"", "-", "`\"` before the referer at column 89"),
        ("html\" \"Moz", "html\"\"Moz", "a space after the referer at column 124"),
        ("\"Mozilla", "Mozilla", "`\"` before the user agent at column 125"),
        ("Nav)\"", "Nav)", "`\"` after the user agent at column 159"),
        ("Nav)\"", "Nav)\\\"", "`\"` after the user agent at column 161"),
        ("Nav)\"", "Nav)\\", "`\"` after the user agent at column 160"),
        ("Nav)\"", "Nav)\" \"-\"", "the end of the line at column 160"),
        // A column is a character, not a byte.
        ("frank [10", "Zoë [33", "a day of that month at column 20"),
    ];
    for (old, new, expected) in replacing {
        let line = LINE.replacen(old, new, 1);
        assert_ne!(line, LINE, "{old}");
        assert_eq!(error(&parse(&line)), format!("expected {expected}"), "{line}");
    }
}

#[test]
fn no_beginning_of_a_line_is_a_line() {
    let line = LINE.replace("gif", "é\\x22");
    for (end, _) in line.char_indices() {
        assert!(error(&parse(&line[..end])).starts_with("expected "), "{}", &line[..end]);
    }
}

#[test]
fn more_may_follow_where_that_is_said() {
    let line = LINE.to_owned() + r#" "198.51.100.1" 0.003"#;
    assert_eq!(error(&parse(&line)), "expected the end of the line at column 160");
    assert_eq!(parse_with(json!({"extra": true}), &line)["extra"], "\"198.51.100.1\" 0.003");
    assert_eq!(parse_with(json!({"extra": true}), LINE).get("extra"), None);
    assert!(error(&parse_with(json!({"more": true}), LINE)).contains("unknown field `more`"));
}

#[test]
fn min_status_compares() {
    let keeps = |entry: Value| filter("min_status", json!({"status": 400}), entry);
    assert_eq!(keeps(json!({"status": 399})), false);
    assert_eq!(keeps(json!({"path": "/\"é", "status": 400, "bytes": 1})), true);
    assert_eq!(keeps(json!({"status": 503})), true);
    assert_eq!(keeps(json!({"status": null})), false);
    assert_eq!(keeps(json!({"message": "no access log"})), false);
    assert!(error(&keeps(json!({"status": "404"}))).starts_with("the entry does not fit: "));
    assert!(error(&filter("min_status", json!({}), json!({}))).contains("missing field `status`"));
}

#[test]
fn a_changed_configuration_counts() {
    for (status, kept) in [(400, true), (500, false), (400, true)] {
        assert_eq!(filter("min_status", json!({"status": status}), json!({"status": 404})), kept);
    }
}

#[test]
fn exclude_path_knows_prefixes() {
    let keeps = |entry: Value| filter("exclude_path", json!({"prefixes": ["/health", "/\"q"]}), entry);
    assert_eq!(keeps(json!({"path": "/healthz", "status": 200})), false);
    assert_eq!(keeps(json!({"path": "/\"quoted\""})), false);
    assert_eq!(keeps(json!({"path": "/a/health"})), true);
    assert_eq!(keeps(json!({"path": null, "request": "/health"})), true);
    assert_eq!(keeps(json!({})), true);
    assert!(error(&keeps(json!({"path": 1}))).starts_with("the entry does not fit: "));
    assert_eq!(filter("exclude_path", json!({"prefixes": []}), json!({"path": "/"})), true);
}

#[test]
fn to_log_writes_a_line() {
    let entry = json!({
        "status": 404, "path": "/a b=\"c\"\n", "method": "GET", "user": null, "empty": "", "dash": "-", "tags": ["x"],
    });
    let Value::Object(entry) = entry else { unreachable!() };
    assert_eq!(
        line::of(&entry, &["status".into(), "path".into(), "missing".into()]),
        r#"status=404 path="/a b=\"c\"\n" missing=-"#
    );
    assert_eq!(
        line::of(&entry, &[]),
        r#"status=404 path="/a b=\"c\"\n" method=GET user=- empty="" dash="-" tags=["x"]"#
    );
    assert_eq!(execute_log_output("to_log", "{}", r#"{"status": 404}"#), "null");
    assert_eq!(execute_log_output("to_log", r#"{"fields": ["a"]}"#, "{}"), "null");
    let refused: Value = serde_json::from_str(&execute_log_output("to_log", "{}", "[1]")).unwrap();
    assert!(error(&refused).starts_with("the entry does not fit: "));
}

/// Everything that a source yields, over as many calls as it takes.
fn lines(config: Value) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let batch: Value =
            serde_json::from_str(&execute_log_source("generate", &config.to_string())).unwrap();
        let records = batch["records"].as_array().unwrap_or_else(|| panic!("{batch}"));
        lines.extend(records.iter().map(|record| record.as_str().unwrap().to_owned()));
        if batch["more"] == false {
            return lines;
        }
    }
}

#[test]
fn what_is_generated_is_parsed() {
    let lines = lines(json!({"count": 20_000, "seed": 1, "start": 1_700_000_000}));
    assert_eq!(lines.len(), 20_000);
    let (mut errors, mut nonsense) = (0, 0);
    for line in &lines {
        let entry = parse(line);
        assert_eq!(entry.get("error"), None, "{line}");
        errors += usize::from(entry["status"].as_u64().unwrap() >= 400);
        nonsense += usize::from(entry.get("request").is_some());
    }
    assert!((1_500..4_000).contains(&errors), "{errors}");
    assert!((100..400).contains(&nonsense), "{nonsense}");
}

#[test]
fn a_seed_makes_the_same_lines() {
    let config = json!({"count": 3, "seed": 7, "start": 971_211_336});
    assert_eq!(lines(config.clone()), lines(config.clone()));
    assert_ne!(lines(json!({"count": 3, "start": 0})), lines(json!({"count": 3, "start": 0})));
    assert!(lines(config)[0].contains("[10/Oct/2000:20:55:36 +0000]"));
    assert_eq!(lines(json!({"count": 0})), Vec::<String>::new());
}

#[test]
fn a_source_needs_a_count() {
    let reply: Value = serde_json::from_str(&execute_log_source("generate", "{}")).unwrap();
    assert!(error(&reply).contains("missing field `count`"), "{reply}");
    let reply: Value = serde_json::from_str(&execute_log_source("generate", r#"{"count": -1}"#)).unwrap();
    assert!(error(&reply).contains("invalid value: integer `-1`"), "{reply}");
}

#[test]
fn every_stage_is_announced() {
    let names = |definitions: String| {
        let definitions: Vec<Value> = serde_json::from_str(&definitions).unwrap();
        for definition in &definitions {
            assert!(!definition["description"].as_str().unwrap().is_empty());
            assert_eq!(definition["config_schema"]["additionalProperties"], false);
        }
        definitions
            .iter()
            .map(|definition| definition["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(get_log_sources()), ["generate"]);
    assert_eq!(names(get_log_parsers()), ["combined"]);
    assert_eq!(names(get_log_filters()), ["min_status", "exclude_path"]);
    assert_eq!(names(get_log_outputs()), ["to_log"]);
}

/// A text as nginx writes it into its log.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'"' && byte != b'\\' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("\\x{byte:02X}")),
        }
    }
    escaped
}

/// The line that nginx wrote of an entry.
fn line_of(entry: &Value) -> String {
    let text = |field: &str| entry[field].as_str().map_or_else(|| "-".to_owned(), escape);
    let request = match &entry["method"] {
        Value::Null => text("request"),
        _ => [text("method"), text("path"), text("protocol")].join(" "),
    };
    format!(
        r#"{} {} {} [{}] "{request}" {} {} "{}" "{}""#,
        text("remote_addr"),
        text("ident"),
        text("user"),
        text("time"),
        entry["status"],
        entry["bytes"],
        text("referer"),
        text("user_agent")
    )
}

/// Every line of a real log is understood, so well that the line can be written again from the entry.
#[test]
fn a_real_log_is_parsed_and_written_again() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/access.log");
    let log = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (mut lines, mut requests, mut different) = (0, 0, 0);
    for line in log.lines() {
        let entry = parse(line);
        assert_eq!(entry.get("error"), None, "{line}");
        lines += 1;
        requests += usize::from(entry.get("request").is_none());
        if line_of(&entry) != line {
            // What was no UTF-8, and the second of two spaces in a request, are gone.
            let is_known = entry.to_string().contains('\u{fffd}') || line.contains("  ");
            assert!(is_known, "{line}\n{}", line_of(&entry));
            different += 1;
        }
    }
    assert!(lines > 1_000, "{lines}");
    assert!(requests * 100 > lines * 98, "{requests} of {lines}");
    assert!(different * 100 < lines, "{different} of {lines}");
}
