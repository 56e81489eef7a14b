//! The format of `/proc/meminfo`: `MemTotal:       16313132 kB`, where `kB` means 1024 bytes.

use std::collections::BTreeMap;

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Error, Result, bail};

/// Memory, in bytes. What an old kernel does not tell is null.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Memory {
    total: u64,
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

pub(crate) fn parse(text: &str) -> Result<Memory> {
    let (mut bytes, mut counts) = (BTreeMap::new(), BTreeMap::new());
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let Some((name, amount, has_unit)) = quantity(line) else {
            return Err(
                Error::new("expected a name, a number and perhaps kB").context(format!("line {}", place + 1))
            );
        };
        if has_unit {
            let Some(amount) = amount.checked_mul(1024) else {
                bail!("line {}: {amount} kB are too many bytes", place + 1);
            };
            bytes.insert(name.to_owned(), amount);
        } else {
            counts.insert(name.to_owned(), amount);
        }
    }
    let get = |name: &str| bytes.get(name).copied();
    let Some(total) = get("MemTotal") else {
        bail!("the text has no line MemTotal; it is not that of /proc/meminfo");
    };
    let available = get("MemAvailable");
    let (swap_total, swap_free) = (get("SwapTotal").unwrap_or(0), get("SwapFree").unwrap_or(0));
    Ok(Memory {
        total,
        available,
        used: available.map(|available| total.saturating_sub(available)),
        free: get("MemFree"),
        buffers: get("Buffers"),
        cached: get("Cached"),
        swap: Swap { total: swap_total, free: swap_free, used: swap_total.saturating_sub(swap_free) },
        bytes,
        counts,
    })
}

/// Name, amount, and whether it is in kB.
fn quantity(line: &str) -> Option<(&str, u64, bool)> {
    let (name, rest) = line.split_once(':')?;
    let mut words = rest.split_ascii_whitespace();
    let amount = words.next()?.parse().ok()?;
    match (words.next(), words.next()) {
        (None, _) => Some((name.trim(), amount, false)),
        (Some("kB"), None) => Some((name.trim(), amount, true)),
        _ => None,
    }
}
