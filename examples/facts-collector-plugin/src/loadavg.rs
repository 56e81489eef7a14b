//! The format of `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Result, bail};

/// How many processes run or wait to run. What the text does not say is null.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Load {
    /// Averaged over one minute.
    one: Option<f64>,
    /// Averaged over five minutes.
    five: Option<f64>,
    /// Averaged over fifteen minutes.
    fifteen: Option<f64>,
    /// Running or runnable now.
    running: Option<u64>,
    /// All that there are.
    threads: Option<u64>,
}

impl Load {
    /// Whether the text said everything.
    pub(crate) fn is_whole(&self) -> bool {
        [self.one, self.five, self.fifteen].iter().all(Option::is_some)
            && self.running.is_some()
            && self.threads.is_some()
    }
}

pub(crate) fn parse(text: &str) -> Result<Load> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let average = |place: usize| words.get(place)?.parse().ok().filter(|load: &f64| load.is_finite());
    let (running, threads) = words.get(3).and_then(|word| word.split_once('/')).unzip();
    let load = Load {
        one: average(0),
        five: average(1),
        fifteen: average(2),
        running: running.and_then(|number| number.parse().ok()),
        threads: threads.and_then(|number| number.parse().ok()),
    };
    if load.one.is_none() {
        bail!("expected text like that of /proc/loadavg: 0.20 0.18 0.12 1/80 11206");
    }
    Ok(load)
}
