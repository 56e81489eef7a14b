//! The format of `/proc/cpuinfo`: a paragraph of `name : value` for each logical processor. The names depend on the
//! architecture; this knows those of x86, Arm, RISC-V, POWER, s390, LoongArch, MIPS and SPARC.

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
    logical: Option<usize>,
    /// Cores of all sockets.
    cores: Option<usize>,
    sockets: Option<usize>,
    /// What the first processor can do.
    flags: Vec<String>,
}

impl Cpu {
    /// Whether the text says how many processors there are.
    pub(crate) fn is_counted(&self) -> bool {
        self.logical.is_some()
    }
}

pub(crate) fn parse(text: &str) -> Result<Cpu> {
    let (mut logical, mut announced, mut model, mut vendor, mut flags) = (0, None, None, None, None);
    let (mut socket, mut sockets, mut cores) = (None, BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        match name {
            // Old Arm kernels have a `Processor` with a name beside the numbered ones.
            "processor" if value.parse::<u64>().is_ok() => {
                logical += 1;
                socket = None;
            }
            // s390 lists its processors in one line each, and their places in paragraphs behind that.
            _ if numbered(name) => {
                logical += 1;
                if let Some((_, machine)) = value.split_once("machine = ") {
                    model.get_or_insert(machine);
                }
            }
            "cpu number" => socket = None,
            // s390, SPARC, Alpha.
            "# processors" | "ncpus active" | "cpus active" => announced = value.parse().ok(),
            "model name" | "Model Name" | "cpu model" | "cpu" | "CPU" | "uarch" | "Processor" => {
                model.get_or_insert(value);
            }
            "vendor_id" | "mvendorid" | "CPU implementer" | "CPU Family" => {
                vendor.get_or_insert(value);
            }
            "flags" | "Features" | "features" | "isa" | "ASEs implemented" => {
                flags.get_or_insert(value);
            }
            "physical id" | "package" => {
                socket = Some(value);
                sockets.insert(value);
            }
            // The number of a core counts within its socket, which comes first.
            "core id" | "core" => {
                if let Some(socket) = socket {
                    cores.insert((socket, value));
                }
            }
            _ => {}
        }
    }
    let known = |count: usize| (count > 0).then_some(count);
    let logical = known(logical).or(announced);
    if logical.is_none() && [model, vendor, flags].iter().all(Option::is_none) {
        bail!("the text has no line about a processor; it is not that of /proc/cpuinfo");
    }
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

/// Whether a name is that of one processor: `processor 0`.
fn numbered(name: &str) -> bool {
    name.strip_prefix("processor ").is_some_and(|number| number.parse::<u64>().is_ok())
}
