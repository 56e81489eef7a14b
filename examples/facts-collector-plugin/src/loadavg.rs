//! The format of `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Error, Result};

/// How many processes run or wait to run.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Load {
    /// Averaged over one minute.
    one: f64,
    /// Averaged over five minutes.
    five: f64,
    /// Averaged over fifteen minutes.
    fifteen: f64,
    /// Running or runnable now.
    running: u64,
    /// All that there are.
    threads: u64,
}

pub(crate) fn parse(text: &str) -> Result<Load> {
    fields(text)
        .ok_or_else(|| Error::new("expected text like that of /proc/loadavg: 0.20 0.18 0.12 1/80 11206"))
}

fn fields(text: &str) -> Option<Load> {
    let mut words = text.split_ascii_whitespace();
    let mut average = || words.next()?.parse().ok().filter(|load: &f64| load.is_finite());
    let (one, five, fifteen) = (average()?, average()?, average()?);
    let (running, threads) = words.next()?.split_once('/')?;
    Some(Load { one, five, fifteen, running: running.parse().ok()?, threads: threads.parse().ok()? })
}
