//! What the call of a case may use, and what it used.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one call may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Units of fuel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// What a call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Units of fuel.
    pub fuel: u64,
    /// Bytes of memory.
    pub memory: u64,
}

/// What a transport measures, and that a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// Units of fuel.
    Fuel,
    /// Bytes of memory.
    Memory,
}

impl Meter {
    /// What a budget calls it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
        }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fuel => "units of fuel",
            Self::Memory => "bytes of memory",
        })
    }
}

impl Budget {
    /// What there is a budget for, and how much.
    pub(crate) fn entries(self) -> impl Iterator<Item = (Meter, u64)> {
        let entries = [(Meter::Fuel, self.fuel), (Meter::Memory, self.memory)];
        entries.into_iter().filter_map(|(meter, allowed)| Some((meter, allowed?)))
    }
}

impl Used {
    /// How much of it was used.
    pub(crate) const fn of(self, meter: Meter) -> u64 {
        match meter {
            Meter::Fuel => self.fuel,
            Meter::Memory => self.memory,
        }
    }
}

/// Twice what was used, in round numbers: built on another machine, with another compiler, the same source uses some more or less. A budget that still
/// holds stays.
pub(crate) fn enough_for(used: Used, before: Budget) -> Budget {
    const PAGE: u64 = 64 << 10;
    let more = |used: u64| used.saturating_mul(2);
    let round = |fuel: u64| {
        let unit = 10_u64.pow(fuel.max(1).ilog10().saturating_sub(1));
        fuel.div_ceil(unit).saturating_mul(unit)
    };
    let kept = |before: Option<u64>, used: u64| before.filter(|allowed| used <= *allowed);
    Budget {
        fuel: kept(before.fuel, used.fuel).or_else(|| Some(round(more(used.fuel)))),
        memory: kept(before.memory, used.memory).or_else(|| Some(more(used.memory).div_ceil(PAGE) * PAGE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_twice_what_was_used_in_round_numbers() {
        let none = Budget::default();
        let used = Used { fuel: 123_456, memory: 1_114_112 };
        assert_eq!(enough_for(used, none), Budget { fuel: Some(250_000), memory: Some(2_228_224) });
        let enough = Budget { fuel: Some(130_000), memory: Some(1) };
        assert_eq!(enough_for(used, enough).fuel, Some(130_000));
        assert_eq!(enough_for(Used { fuel: 0, memory: 0 }, none), Budget { fuel: Some(0), memory: Some(0) });
    }
}
