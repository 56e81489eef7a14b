//! What the filters do to text and numbers. Lengths are counted in characters (Unicode scalar values).

use plugin_sdk::{Result, bail};

/// ASCII words in lower case, joined by `separator`. Where that is longer than `max_length`, words are left out at the
/// end; a first word that is too long by itself is cut.
pub(crate) fn slug(value: &str, separator: &str, max_length: usize) -> String {
    let ascii = deunicode::deunicode(value).to_ascii_lowercase();
    // "don't" is one word.
    let ascii = ascii.replace('\'', "");
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let separator_length = separator.chars().count();
    let (mut slug, mut length) = (String::new(), 0);
    for word in words {
        if slug.is_empty() {
            slug.push_str(&word[..word.len().min(max_length)]);
            length = slug.len();
        } else if length + separator_length + word.len() <= max_length {
            slug.push_str(separator);
            slug.push_str(word);
            length += separator_length + word.len();
        } else {
            break;
        }
    }
    slug
}

/// At most `length` characters: the beginning, the ellipsis, the end.
pub(crate) fn without_middle(value: String, length: usize, ellipsis: &str) -> Result<String> {
    let count = value.chars().count();
    if count <= length {
        return Ok(value);
    }
    let Some(kept) = length.checked_sub(ellipsis.chars().count()) else {
        bail!("{length} characters are too few for the ellipsis {ellipsis:?}");
    };
    let head = kept.div_ceil(2);
    let mut short: String = value.chars().take(head).collect();
    short.push_str(ellipsis);
    short.extend(value.chars().skip(count - (kept - head)));
    Ok(short)
}

/// All characters but the last `keep` replaced by `symbol`.
pub(crate) fn masked(value: &str, keep: usize, symbol: &str) -> String {
    let count = value.chars().count();
    let hidden = if count > keep { count - keep } else { count };
    symbol.chars().cycle().take(hidden).chain(value.chars().skip(hidden)).collect()
}

/// A number of bytes with a unit.
pub(crate) fn size(bytes: f64, binary: bool, decimals: usize) -> Result<String> {
    const BINARY: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    const DECIMAL: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 0.0 {
        bail!("a size is not negative, but this is {bytes}");
    }
    if decimals > 3 {
        bail!("a size is written with at most 3 decimals, not {decimals}");
    }
    let (base, units) = if binary { (1024.0, BINARY) } else { (1000.0, DECIMAL) };
    let (mut number, mut unit) = (bytes, 0);
    loop {
        // There are no parts of a byte.
        let places = if unit == 0 { 0 } else { decimals };
        let rounding = 10f64.powi(places as i32);
        let rounded = (number * rounding).round() / rounding;
        // 1023.99 KiB is written as 1.0 MiB, not as 1024.0 KiB.
        if rounded < base || unit + 1 == units.len() {
            return Ok(format!("{rounded:.places$} {}", units[unit]));
        }
        number /= base;
        unit += 1;
    }
}
