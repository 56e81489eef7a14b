//! The format of fstab(5), which `/proc/self/mounts` has as well: device, path, type, options, and two numbers.

use plugin_sdk::serde::Serialize;

/// A mounted file system.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Mount {
    device: String,
    path: String,
    pub(crate) r#type: String,
    options: Vec<String>,
    read_only: bool,
}

/// Reads the text, and tells which lines, counted from 1, are none of its kind. Options may be missing, as mount(8) allows in fstab.
pub(crate) fn parse(text: &str) -> (Vec<Mount>, Vec<usize>) {
    let (mut mounts, mut ignored) = (Vec::new(), Vec::new());
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        match mount(line) {
            Some(mount) => mounts.push(mount),
            None => ignored.push(place + 1),
        }
    }
    (mounts, ignored)
}

fn mount(line: &str) -> Option<Mount> {
    let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
    // The kernel writes six words: of a device without a name, nothing stands before the first space.
    if line.starts_with(' ') && words.len() == 5 && words[0].starts_with('/') && !words[1].starts_with('/') {
        words.insert(0, "");
    }
    let [device, path, r#type, rest @ ..] = words.as_slice() else {
        return None;
    };
    let options: Vec<&str> = rest.first().map(|options| options.split(',').collect()).unwrap_or_default();
    Some(Mount {
        device: unescape(device),
        path: unescape(path),
        r#type: unescape(r#type),
        read_only: options.contains(&"ro"),
        options: options.into_iter().map(unescape).collect(),
    })
}

/// Blanks, backslashes and `#` are written as three octal digits: `\040`. Bytes that are no UTF-8 become U+FFFD.
fn unescape(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] if *first == b'\\' => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
