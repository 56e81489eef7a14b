//! The combined log format of Apache and nginx:
//!
//! ```text
//! 203.0.113.7 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://example.com/" "Mozilla/4.08"
//! ```
//!
//! One pass from left to right, by hand: a log has millions of lines, and this runs once for each. The entry borrows
//! from the line; only a field with an escape in it is copied.

use std::borrow::Cow;
use std::fmt;

use plugin_sdk::serde::{Serialize, Serializer};

/// What a line says. A `-` in the log is null.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Entry<'a> {
    /// The address of the client, or its name.
    remote_addr: &'a str,
    /// The user by identd, which servers do not ask any more.
    ident: Option<&'a str>,
    /// Who the client logged in as.
    user: Option<Cow<'a, str>>,
    /// When, as in the line.
    time: &'a str,
    /// When, in RFC 3339.
    timestamp: Timestamp,
    method: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    protocol: Option<Cow<'a, str>>,
    /// The whole request, where it is not a method, a path and a protocol: clients send anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Cow<'a, str>>,
    status: Option<u16>,
    /// The length of the body.
    bytes: Option<u64>,
    referer: Option<Cow<'a, str>>,
    user_agent: Option<Cow<'a, str>>,
    /// What follows the user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<&'a str>,
}

/// The line is not in the combined format.
#[derive(Debug)]
pub(crate) struct Expected {
    what: &'static str,
    /// In characters, from 1.
    column: usize,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at column {}", self.what, self.column)
    }
}

/// Reads a line. With `extra`, more may follow the user agent.
pub(crate) fn parse(line: &str, extra: bool) -> Result<Entry<'_>, Expected> {
    let line = line.trim_end_matches(['\n', '\r']);
    let mut rest = Cursor { line, at: 0 };

    let remote_addr = rest.word("the address of the client")?;
    rest.skip(b' ', "a space after the address")?;
    let ident = rest.word("the identity, or `-`")?;
    rest.skip(b' ', "a space after the identity")?;
    let user = rest.user()?;
    rest.skip(b'[', "`[` before the time")?;
    let (time, timestamp) = rest.time()?;
    rest.skip(b']', "`]` after the time")?;
    rest.skip(b' ', "a space after the time")?;
    let request = rest.quoted("`\"` before the request", "`\"` after the request")?;
    rest.skip(b' ', "a space after the request")?;
    let status = rest.status()?;
    rest.skip(b' ', "a space after the status")?;
    let bytes = rest.bytes()?;
    rest.skip(b' ', "a space after the number of bytes")?;
    let referer = rest.quoted("`\"` before the referer", "`\"` after the referer")?;
    rest.skip(b' ', "a space after the referer")?;
    let user_agent = rest.quoted("`\"` before the user agent", "`\"` after the user agent")?;
    let extra = rest.end(extra)?;

    let (method, path, protocol, request) = match request.split() {
        Some([method, path, protocol]) => (Some(method), Some(path), Some(protocol), None),
        None => (None, None, None, request.value()),
    };
    Ok(Entry {
        remote_addr,
        ident: (ident != "-").then_some(ident),
        user: user.value(),
        time,
        timestamp,
        method,
        path,
        protocol,
        request,
        status,
        bytes,
        referer: referer.value(),
        user_agent: user_agent.value(),
        extra,
    })
}

/// A line and how far it is read. `at` is always at a character's beginning, since every byte that is searched for is ASCII.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn byte(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.line.as_bytes()[self.at..]
    }

    #[cold]
    fn expected(&self, what: &'static str, at: usize) -> Expected {
        let before = &self.line.as_bytes()[..at.min(self.line.len())];
        // A character has one byte that is not a continuation.
        let column = before.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() + 1;
        Expected { what, column }
    }

    fn skip(&mut self, byte: u8, what: &'static str) -> Result<(), Expected> {
        if self.byte() != Some(byte) {
            return Err(self.expected(what, self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// Everything up to `end`.
    fn take(&mut self, end: usize) -> &'a str {
        let taken = &self.line[self.at..end];
        self.at = end;
        taken
    }

    /// Everything up to the next space.
    fn word(&mut self, what: &'static str) -> Result<&'a str, Expected> {
        let length = self.rest().iter().position(|&byte| byte == b' ');
        match length.unwrap_or(self.rest().len()) {
            0 => Err(self.expected(what, self.at)),
            length => Ok(self.take(self.at + length)),
        }
    }

    /// The name of a user, which may have spaces: it ends where the time begins.
    fn user(&mut self) -> Result<Field<'a>, Expected> {
        let rest = self.rest();
        let mut end = 0;
        loop {
            match rest[end..].iter().position(|&byte| byte == b' ') {
                Some(length) => end += length,
                None => return Err(self.expected("the user, or `-`, and `[` before the time", self.at)),
            }
            if rest.get(end + 1) == Some(&b'[') {
                break;
            }
            end += 1;
        }
        let name = self.take(self.at + end);
        self.at += 1;
        Ok(Field { escaped: name.contains('\\'), text: name })
    }

    /// `10/Oct/2000:13:55:36 -0700`
    fn time(&mut self) -> Result<(&'a str, Timestamp), Expected> {
        match Timestamp::read(self.rest()) {
            Ok(timestamp) => Ok((self.take(self.at + Timestamp::LENGTH_IN_LOG), timestamp)),
            Err((what, at)) => Err(self.expected(what, self.at + at)),
        }
    }

    /// `"…"`, where a backslash takes the next byte with it.
    fn quoted(&mut self, before: &'static str, after: &'static str) -> Result<Field<'a>, Expected> {
        self.skip(b'"', before)?;
        let bytes = self.line.as_bytes();
        let (mut end, mut escaped) = (self.at, false);
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    end += 2;
                }
                Some(_) => end += 1,
                None => return Err(self.expected(after, self.line.len())),
            }
        }
        let text = self.take(end);
        self.at += 1;
        Ok(Field { text, escaped })
    }

    fn status(&mut self) -> Result<Option<u16>, Expected> {
        match self.rest() {
            [a, b, c, ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
                self.at += 3;
                let digit = |byte: &u8| u16::from(byte - b'0');
                Ok(Some(digit(a) * 100 + digit(b) * 10 + digit(c)))
            }
            [b'-', ..] => {
                self.at += 1;
                Ok(None)
            }
            _ => Err(self.expected("a status of three digits", self.at)),
        }
    }

    fn bytes(&mut self) -> Result<Option<u64>, Expected> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
            return Ok(None);
        }
        let mut bytes = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            bytes = bytes
                .checked_mul(10)
                .and_then(|bytes| bytes.checked_add(u64::from(digit - b'0')))
                .ok_or_else(|| self.expected("a number of bytes below 2^64", start))?;
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a number of bytes, or `-`", start));
        }
        Ok(Some(bytes))
    }

    fn end(&mut self, extra: bool) -> Result<Option<&'a str>, Expected> {
        match self.byte() {
            None => Ok(None),
            Some(b' ') if extra => {
                self.at += 1;
                Ok(Some(self.take(self.line.len())))
            }
            Some(_) => Err(self.expected("the end of the line", self.at)),
        }
    }
}

/// What stands between two quotes.
struct Field<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> Field<'a> {
    /// Its value; `-` is none.
    fn value(&self) -> Option<Cow<'a, str>> {
        (self.text != "-").then(|| self.decoded(self.text))
    }

    /// Method, path, protocol. The path may have spaces, since clients send them.
    fn split(&self) -> Option<[Cow<'a, str>; 3]> {
        let bytes = self.text.as_bytes();
        let first = bytes.iter().position(|&byte| byte == b' ')?;
        let last = bytes.iter().rposition(|&byte| byte == b' ')?;
        // Servers read over more than one space.
        let (method, path) = (&self.text[..first], self.text.get(first + 1..last)?.trim_matches(' '));
        let protocol = &self.text[last + 1..];
        let is_request = !method.is_empty()
            && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-' || byte == b'_')
            && !path.is_empty()
            && protocol.starts_with("HTTP/");
        is_request.then(|| [method, path, protocol].map(|part| self.decoded(part)))
    }

    fn decoded(&self, text: &'a str) -> Cow<'a, str> {
        match self.escaped {
            true => decode(text),
            false => Cow::Borrowed(text),
        }
    }
}

/// Takes back what the server escaped: nginx writes `\x22`, Apache `\"`, `\\` and `\t` as well. Bytes that are then no
/// UTF-8 become U+FFFD.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        if let [b'x', high, low, tail @ ..] = rest
            && let (Some(high), Some(low)) = (hexadecimal(*high), hexadecimal(*low))
        {
            bytes.push(high << 4 | low);
            rest = tail;
            continue;
        }
        let plain = match rest.first() {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'b') => 0x08,
            Some(b'v') => 0x0b,
            Some(b'f') => 0x0c,
            Some(same @ (b'"' | b'\\')) => *same,
            // No escape that a server writes: it stays as it is.
            _ => {
                bytes.push(b'\\');
                continue;
            }
        };
        bytes.push(plain);
        rest = &rest[1..];
    }
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// A time as RFC 3339 writes it: `2000-10-10T13:55:36-07:00`.
#[derive(Debug, PartialEq)]
pub(crate) struct Timestamp([u8; 25]);

impl Timestamp {
    /// The length of `10/Oct/2000:13:55:36 -0700`.
    const LENGTH_IN_LOG: usize = 26;

    /// Reads the time at the beginning of `text`. Everything has its fixed place, so the digits are only moved. On failure,
    /// what was expected where.
    fn read(text: &[u8]) -> Result<Self, (&'static str, usize)> {
        let &[
            d1,
            d2,
            b'/',
            m1,
            m2,
            m3,
            b'/',
            y1,
            y2,
            y3,
            y4,
            b':',
            h1,
            h2,
            b':',
            n1,
            n2,
            b':',
            s1,
            s2,
            b' ',
            sign,
            zh1,
            zh2,
            zn1,
            zn2,
            ..,
        ] = text
        else {
            return Err(("a time like `10/Oct/2000:13:55:36 -0700`", 0));
        };
        let month = match &[m1, m2, m3] {
            b"Jan" => 1,
            b"Feb" => 2,
            b"Mar" => 3,
            b"Apr" => 4,
            b"May" => 5,
            b"Jun" => 6,
            b"Jul" => 7,
            b"Aug" => 8,
            b"Sep" => 9,
            b"Oct" => 10,
            b"Nov" => 11,
            b"Dec" => 12,
            _ => return Err(("a month like `Oct`", 3)),
        };
        let (Some(y12), Some(y34)) = (number(y1, y2), number(y3, y4)) else {
            return Err(("a year", 7));
        };
        let year = u16::from(y12) * 100 + u16::from(y34);
        let within = |number: Option<u8>, range: std::ops::RangeInclusive<u8>| {
            number.is_some_and(|number| range.contains(&number))
        };
        if !within(number(d1, d2), 1..=days_in(month, year)) {
            return Err(("a day of that month", 0));
        }
        if !within(number(h1, h2), 0..=23) {
            return Err(("an hour", 12));
        }
        if !within(number(n1, n2), 0..=59) {
            return Err(("a minute", 15));
        }
        // There are leap seconds.
        if !within(number(s1, s2), 0..=60) {
            return Err(("a second", 18));
        }
        if !(matches!(sign, b'+' | b'-')
            && within(number(zh1, zh2), 0..=23)
            && within(number(zn1, zn2), 0..=59))
        {
            return Err(("a time zone like `+0200`", 21));
        }
        let (mo1, mo2) = (b'0' + month / 10, b'0' + month % 10);
        Ok(Self([
            y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, sign,
            zh1, zh2, b':', zn1, zn2,
        ]))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it is made of ASCII")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The number that two digits write.
fn number(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

fn days_in(month: u8, year: u16) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
