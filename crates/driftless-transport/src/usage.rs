//! What a call cost.

use std::time::Duration;

/// What one call used, failed ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Wall time from the moment the transport was called, waiting and starting included. How exact it is, is said by
    /// [`Call::timing`](crate::Call::timing).
    pub wall_time: Duration,
    /// Units of fuel. `None` where the transport does not measure it.
    pub fuel: Option<u64>,
    /// Bytes of memory that the plugin's instance has after the call. `None` where the transport does not know.
    pub memory: Option<u64>,
    /// Requests that the plugin made of its host, refused ones included.
    pub host_calls: u32,
}

impl Usage {
    /// What this call and another of the same work used together: the sum of times, fuel and host calls, and the larger memory.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let both = |a: Option<u64>, b: Option<u64>, join: fn(u64, u64) -> u64| match (a, b) {
            (Some(a), Some(b)) => Some(join(a, b)),
            (one, other) => one.or(other),
        };
        Self {
            wall_time: self.wall_time.saturating_add(other.wall_time),
            fuel: both(self.fuel, other.fuel, u64::saturating_add),
            memory: both(self.memory, other.memory, u64::max),
            host_calls: self.host_calls.saturating_add(other.host_calls),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_retries_used_is_added_up() {
        let first =
            Usage { wall_time: Duration::from_secs(1), fuel: Some(5), memory: Some(100), host_calls: 1 };
        let second = Usage { wall_time: Duration::from_secs(2), fuel: None, memory: Some(50), host_calls: 2 };
        let both =
            Usage { wall_time: Duration::from_secs(3), fuel: Some(5), memory: Some(100), host_calls: 3 };
        assert_eq!(first.and(second), both);
    }
}
