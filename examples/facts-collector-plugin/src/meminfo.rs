//! The format of `/proc/meminfo`: `MemTotal:       16313132 kB`, where `kB` means 1024 bytes.

use std::collections::BTreeMap;

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Result, bail};

/// Memory, in bytes. What a kernel does not tell is null.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Memory {
    total: Option<u64>,
    /// What a new program could have without swapping.
    available: Option<u64>,
    /// All that is not available.
    used: Option<u64>,
    free: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
    swap: Swap,
    /// Every line with a unit, in bytes.
    bytes: BTreeMap<String, u64>,
    /// Every line without one.
    counts: BTreeMap<String, u64>,
}

/// Swap space, in bytes.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
struct Swap {
    total: u64,
    free: u64,
    used: u64,
}

/// Reads the text, and tells which lines, counted from 1, are none of its kind.
pub(crate) fn parse(text: &str) -> Result<(Memory, Vec<usize>)> {
    let (mut bytes, mut counts, mut ignored) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (place, line) in text.lines().enumerate() {
        match quantity(line) {
            Some((name, Amount::Bytes(amount))) => {
                bytes.insert(name.to_owned(), amount);
            }
            Some((name, Amount::Count(amount))) => {
                counts.insert(name.to_owned(), amount);
            }
            None if line.trim().is_empty() => {}
            None => ignored.push(place + 1),
        }
    }
    if bytes.is_empty() {
        bail!("the text has no line such as `MemTotal: 16313132 kB`; it is not that of /proc/meminfo");
    }
    let get = |name: &str| bytes.get(name).copied();
    let (total, available) = (get("MemTotal"), get("MemAvailable"));
    let (swap_total, swap_free) = (get("SwapTotal").unwrap_or(0), get("SwapFree").unwrap_or(0));
    let memory = Memory {
        total,
        available,
        used: total.zip(available).map(|(total, available)| total.saturating_sub(available)),
        free: get("MemFree"),
        buffers: get("Buffers"),
        cached: get("Cached"),
        swap: Swap { total: swap_total, free: swap_free, used: swap_total.saturating_sub(swap_free) },
        bytes,
        counts,
    };
    Ok((memory, ignored))
}

/// What stands behind a name.
enum Amount {
    Bytes(u64),
    Count(u64),
}

fn quantity(line: &str) -> Option<(&str, Amount)> {
    let (name, rest) = line.split_once(':')?;
    let mut words = rest.split_ascii_whitespace();
    let amount: u64 = words.next()?.parse().ok()?;
    let amount = match (words.next(), words.next()) {
        (None, _) => Amount::Count(amount),
        (Some("kB"), None) => Amount::Bytes(amount.checked_mul(1024)?),
        _ => return None,
    };
    Some((name.trim(), amount))
}
