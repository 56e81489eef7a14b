//! The format of `/proc/cpuinfo`: a paragraph of `name : value` for each logical processor. The names depend on the
//! architecture; this knows those of x86, Arm, RISC-V, POWER and MIPS.

use std::collections::BTreeSet;

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Result, bail};

/// The processors. What an architecture does not tell is null.
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Cpu {
    model: Option<String>,
    vendor: Option<String>,
    /// What the scheduler sees: cores, times the threads that each runs.
    logical: usize,
    /// Cores of all sockets.
    cores: Option<usize>,
    sockets: Option<usize>,
    /// What the first processor can do.
    flags: Vec<String>,
}

pub(crate) fn parse(text: &str) -> Result<Cpu> {
    let (mut logical, mut model, mut vendor, mut flags) = (0, None, None, None);
    let (mut socket, mut sockets, mut cores) = (None, BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        match name {
            // Old Arm kernels have a `Processor` with a name beside the numbered ones.
            "processor" if value.parse::<u32>().is_ok() => {
                logical += 1;
                socket = None;
            }
            "model name" | "cpu model" | "cpu" | "uarch" | "Processor" => {
                model.get_or_insert(value);
            }
            "vendor_id" | "mvendorid" | "CPU implementer" => {
                vendor.get_or_insert(value);
            }
            "flags" | "Features" | "isa" | "ASEs implemented" => {
                flags.get_or_insert(value);
            }
            "physical id" => {
                socket = Some(value);
                sockets.insert(value);
            }
            // The number of a core counts within its socket, which comes first.
            "core id" => {
                if let Some(socket) = socket {
                    cores.insert((socket, value));
                }
            }
            _ => {}
        }
    }
    if logical == 0 {
        bail!("the text has no line processor; it is not that of /proc/cpuinfo");
    }
    let known = |count: usize| (count > 0).then_some(count);
    Ok(Cpu {
        model: model.map(str::to_owned),
        vendor: vendor.map(str::to_owned),
        logical,
        cores: known(cores.len()),
        sockets: known(sockets.len()),
        flags: flags
            .map(|flags| flags.split_ascii_whitespace().map(str::to_owned).collect())
            .unwrap_or_default(),
    })
}
