//! A value that is not to be found in a recording, in whatever form programs usually write values.
//!
//! All forms are compared without regard to case: a URL has the names of hosts in small letters. Each character may stand there as itself, as
//! `%` and two digits, as an escape of JSON or of HTML; line breaks and tabs may be missing, which URLs drop. The whole may be in base64 or in
//! hexadecimal digits, broken into lines. What other encodings make of a value is not known, nor are halves of it.

/// How many comparisons of a character are made for all texts of a recording. What is left then is taken for a secret as a whole: a text and a value
/// may be written so that each place of the one looks like the beginning of the other.
const MAX_STEPS: u64 = 1_000_000_000;

/// What is left of [`MAX_STEPS`].
pub(crate) struct Steps(u64);

impl Default for Steps {
    fn default() -> Self {
        Self(MAX_STEPS)
    }
}

impl Steps {
    /// Returns whether there was one more.
    fn take(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

/// The forms of one value.
pub(crate) struct Forms {
    forms: Vec<Form>,
    /// The bytes, in small letters, with which one of the forms may begin.
    first: [bool; 256],
}

/// One form of a value.
struct Form {
    units: Vec<Unit>,
    /// Whether it may be broken into lines.
    is_wrapped: bool,
}

/// What a value is made of.
#[derive(Clone, Copy)]
enum Unit {
    Char(char),
    /// Of a value that is not UTF-8.
    Byte(u8),
}

/// A value without what programs leave out when they print it: white space and control characters at its ends.
pub(crate) fn trimmed(value: &[u8]) -> &[u8] {
    match std::str::from_utf8(value) {
        Ok(text) => text.trim_matches(|char: char| char.is_whitespace() || char.is_control()).as_bytes(),
        Err(_) => value.trim_ascii(),
    }
}

impl Forms {
    pub(crate) fn of(value: &[u8]) -> Self {
        let core = trimmed(value);
        let plain = |units| Form { units, is_wrapped: false };
        let encoded = |text: &str| Form { units: text.chars().map(Unit::Char).collect(), is_wrapped: true };
        let mut forms = match std::str::from_utf8(core) {
            Ok(text) => vec![plain(text.chars().map(Unit::Char).collect())],
            Err(_) => {
                // Where a text is wanted, such a value becomes one.
                let lossy = String::from_utf8_lossy(core);
                vec![
                    plain(core.iter().copied().map(Unit::Byte).collect()),
                    plain(lossy.chars().map(Unit::Char).collect()),
                ]
            }
        };
        let digits: String = core.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.push(encoded(&digits));
        for last in [['+', '/'], ['-', '_']] {
            for whole in [value, core] {
                forms.push(encoded(&base64(whole, last)));
            }
            // In the middle of something else it begins at one of three places in a group of four digits. What a neighbour has a part in is left out.
            for before in 0..3 {
                let shifted = base64(&[&[0; 2][..before], core].concat(), last);
                let within = (before * 8).div_ceil(6)..(before + core.len()) * 8 / 6;
                forms.push(encoded(shifted.get(within).unwrap_or_default()));
            }
        }
        forms.retain(|form| !form.units.is_empty());
        let mut first = [false; 256];
        for form in &forms {
            for byte in form.units[0].beginnings() {
                first[usize::from(byte.to_ascii_lowercase())] = true;
            }
        }
        Self { forms, first }
    }

    /// The bytes with the placeholder in the place of every form, if there is one in them. What stands in `kept` stays as it is.
    pub(crate) fn replaced(
        &self,
        bytes: &[u8],
        placeholder: &str,
        kept: &[String],
        steps: &mut Steps,
    ) -> Option<Vec<u8>> {
        let mut replaced: Option<Vec<u8>> = None;
        let (mut copied, mut at) = (0, 0);
        while at < bytes.len() {
            let rest = &bytes[at..];
            if let Some(kept) = kept.iter().find(|kept| rest.starts_with(kept.as_bytes())) {
                at += kept.len();
                continue;
            }
            if !self.first[usize::from(bytes[at].to_ascii_lowercase())] {
                at += 1;
                continue;
            }
            let mut end = None;
            for form in &self.forms {
                let Ok(found) = form.end(bytes, at, steps) else {
                    return Some(placeholder.as_bytes().to_vec());
                };
                end = end.max(found);
            }
            let Some(end) = end else {
                at += 1;
                continue;
            };
            let replaced = replaced.get_or_insert_default();
            replaced.extend_from_slice(&bytes[copied..at]);
            replaced.extend_from_slice(placeholder.as_bytes());
            (copied, at) = (end, end);
        }
        if let Some(replaced) = &mut replaced {
            replaced.extend_from_slice(&bytes[copied..]);
        }
        replaced
    }
}

/// There were too many steps.
struct TooMany;

impl Form {
    /// Where the form ends that begins here, if it does.
    fn end(&self, bytes: &[u8], start: usize, steps: &mut Steps) -> Result<Option<usize>, TooMany> {
        let (mut places, mut next) = (vec![start], Vec::new());
        for unit in &self.units {
            for &place in &places {
                if !steps.take() {
                    return Err(TooMany);
                }
                let breaks = bytes[place..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let skipped = if self.is_wrapped && place > start { breaks.min(2) } else { 0 };
                unit.ends(bytes, place + skipped, &mut next);
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(&mut places, &mut next);
            next.clear();
            if places.is_empty() {
                return Ok(None);
            }
        }
        Ok(places.last().copied())
    }
}

impl Unit {
    /// The bytes with which it may begin.
    fn beginnings(self) -> Vec<u8> {
        let mut all = vec![b'%'];
        match self {
            Self::Byte(byte) => all.push(byte),
            Self::Char(char) => {
                let mut buffer = [0; 4];
                let mut push = |char: char| all.push(char.encode_utf8(&mut buffer).as_bytes()[0]);
                push(char);
                char.to_lowercase().for_each(&mut push);
                char.to_uppercase().for_each(&mut push);
                all.extend([b'\\', b'&', b'+']);
            }
        }
        all
    }

    /// Adds the places at which it ends, in each of the ways in which it may be written here.
    fn ends(self, bytes: &[u8], at: usize, ends: &mut Vec<usize>) {
        let rest = &bytes[at..];
        let char = match self {
            Self::Byte(byte) => {
                ends.extend((rest.first() == Some(&byte)).then_some(at + 1));
                ends.extend(percent(rest, &[byte]).map(|length| at + length));
                return;
            }
            Self::Char(char) => char,
        };
        let mut buffer = [0; 4];
        let itself = char.encode_utf8(&mut buffer).as_bytes();
        if begins(rest, itself) {
            ends.push(at + itself.len());
        }
        match (rest.first(), char) {
            (Some(b'%'), _) => ends.extend(percent(rest, itself).map(|length| at + length)),
            (Some(b'\\'), _) => ends.extend(escaped(rest, char).map(|length| at + length)),
            (Some(b'&'), _) => ends.extend(entity(rest, char).map(|length| at + length)),
            (Some(b'+'), ' ') => ends.push(at + 1),
            _ => {}
        }
        if !char.is_ascii() {
            for other in [char.to_lowercase().to_string(), char.to_uppercase().to_string()] {
                if rest.starts_with(other.as_bytes()) {
                    ends.push(at + other.len());
                }
                ends.extend(percent(rest, other.as_bytes()).map(|length| at + length));
            }
        }
        if matches!(char, '\n' | '\r' | '\t') {
            ends.push(at);
        }
        if char == '\n' && rest.starts_with(b"\r\n") {
            ends.push(at + 2);
        }
    }
}

fn begins(bytes: &[u8], with: &[u8]) -> bool {
    bytes.get(..with.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(with))
}

/// The length of these bytes as `%` and two digits each.
fn percent(rest: &[u8], itself: &[u8]) -> Option<usize> {
    let is_encoded = |(number, byte): (usize, &u8)| {
        rest.get(number * 3..number * 3 + 3).is_some_and(|code| {
            let read = |digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
            code[0] == b'%' && read(&code[1..]).is_some_and(|read| read.eq_ignore_ascii_case(byte))
        })
    };
    itself.iter().enumerate().all(is_encoded).then_some(itself.len() * 3)
}

/// The length of a character as an escape of JSON.
fn escaped(rest: &[u8], char: char) -> Option<usize> {
    let short = match char {
        '"' | '\\' | '/' | '\'' => Some(char),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        _ => None,
    };
    if short.is_some_and(|short| rest.get(1).copied().map(char::from) == Some(short)) {
        return Some(2);
    }
    let mut buffer = [0; 2];
    let code: String = char.encode_utf16(&mut buffer).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    begins(rest, code.as_bytes()).then_some(code.len())
}

/// The length of a character as one of the entities that HTML and XML need.
fn entity(rest: &[u8], char: char) -> Option<usize> {
    let names: &[&str] = match char {
        '&' => &["&amp;", "&#38;", "&#x26;"],
        '<' => &["&lt;", "&#60;", "&#x3c;"],
        '>' => &["&gt;", "&#62;", "&#x3e;"],
        '"' => &["&quot;", "&#34;", "&#x22;"],
        '\'' => &["&apos;", "&#39;", "&#x27;"],
        _ => &[],
    };
    names.iter().find(|name| begins(rest, name.as_bytes())).map(|name| name.len())
}

/// Without what fills it up to whole groups.
fn base64(bytes: &[u8], last: [char; 2]) -> String {
    let digits: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last).collect();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(digits[bits >> (18 - 6 * place) & 63]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(value: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> String {
        let forms = Forms::of(value.as_ref());
        let text = text.as_ref();
        let found = forms.replaced(text, "<>", &["redacted-TOKEN".to_owned()], &mut Steps::default());
        String::from_utf8_lossy(&found.unwrap_or_else(|| text.to_vec())).into_owned()
    }

    #[test]
    fn base64_is_that_of_others() {
        for (text, encoded) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes(), ['+', '/']), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff], ['-', '_']), "-_8");
    }

    #[test]
    fn each_character_may_be_written_in_its_own_way() {
        let value = "p/w\"d geh+eim%77";
        for form in [
            value,
            "P/W\"D GEH+EIM%77",
            "p/w%22d%20geh+eim%77",
            "p%2fw%22d+geh%2Beim%2577",
            r#"p/w\"d geh+eim%77"#,
            r#"p\/w\u0022d geh\u002beim%77"#,
            "p/w&quot;d geh+eim%77",
            "%70%2F%77%22%64%20%67%65%68%2B%65%69%6D%25%37%37",
        ] {
            assert_eq!(replaced(value, format!("a {form}, {form}.")), "a <>, <>.", "{form}");
        }
        assert_eq!(replaced(value, "p/w'd geh+eim%77"), "p/w'd geh+eim%77");
        assert_eq!(replaced("Müller-Ü1", "müller-ü1 M%C3%BCLLER-%C3%BC1 m\\u00fcller-\\u00dc1"), "<> <> <>");
    }

    #[test]
    fn what_is_left_out_in_printing_is_not_asked_for() {
        assert_eq!(replaced(" tok-123\n\tabc\n", "x tok-123abc|tok-123\r\n\tabc\n"), "x <>|<>\n");
    }

    #[test]
    fn encodings_of_the_whole_are_found() {
        for form in [
            "dG9rLW5ld2xpbmUtMTIz",     // of the value without its newline
            "dG9rLW5ld2xpbmUtMTIzCg==", // with it
            "dG9rLW5l\nd2xpbmUtMTIz",   // in lines
            "746f6b2d6e65776c696e652d313233",
            "746F6B2D6E65776C696E652D313233",
        ] {
            let shown = replaced("tok-newline-123\n", form);
            assert!(shown.starts_with("<>") && shown.len() < 9, "{form}: {shown}");
        }
        // In the middle of something else: `u:VALUE`, `us:VALUE`, `use:VALUE`, `u:VALUE:x`.
        for form in [
            "dTp0b2stbmV3bGluZS0xMjM",
            "dXM6dG9rLW5ld2xpbmUtMTIz",
            "dXNlOnRvay1uZXdsaW5lLTEyMw",
            "dTp0b2stbmV3bGluZS0xMjM6eA",
        ] {
            let shown = replaced("tok-newline-123", form);
            assert!(shown.contains("<>") && shown.len() < 12, "{form}: {shown}");
        }
        assert_eq!(
            replaced([0xfb, 0xff, 0xbf, 0xfb, 0xff, 0xbf], "-_-_-_-_ +/+/+/+/ %2b/%2B/%2b/%2B/"),
            "<> <> <>"
        );
    }

    #[test]
    fn values_need_not_be_utf_8() {
        let value = b"se\xffcret-\xfe";
        assert_eq!(replaced(value, b"a se\xffcret-\xfe b"), "a <> b");
        assert_eq!(replaced(value, "a se\u{fffd}cret-\u{fffd} b"), "a <> b");
        assert_eq!(replaced(value, "a se%FFcret-%fe b"), "a <> b");
    }

    #[test]
    fn placeholders_stay() {
        assert_eq!(replaced("redacted", "redacted-TOKEN is redacted"), "redacted-TOKEN is <>");
    }

    #[test]
    fn too_much_work_hides_all() {
        let forms = Forms::of(&[&[b'a'; 1000][..], b"b"].concat());
        let text = [b'a'; 100_000];
        let found = forms.replaced(&text, "<>", &[], &mut Steps(1_000_000));
        assert_eq!(found.unwrap(), b"<>");
    }
}
