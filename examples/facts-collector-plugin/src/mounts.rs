//! The format of fstab(5), which `/proc/self/mounts` has as well: device, path, type, options, and two numbers.

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Result, bail};

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

pub(crate) fn parse(text: &str) -> Result<Vec<Mount>> {
    let mut mounts = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        let (Some(device), Some(path), Some(r#type), Some(options)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            bail!("line {}: expected a device, a path, a type and options", place + 1);
        };
        mounts.push(Mount {
            device: unescape(device),
            path: unescape(path),
            r#type: r#type.to_owned(),
            options: options.split(',').map(str::to_owned).collect(),
            read_only: options.split(',').any(|option| option == "ro"),
        });
    }
    Ok(mounts)
}

/// Blanks, backslashes and `#` are written as three octal digits: `\040`.
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
