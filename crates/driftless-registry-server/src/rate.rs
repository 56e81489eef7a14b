//! How often something may be done.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The keys that are remembered at a time.
const MAX_KEYS: usize = 1 << 14;

/// A bucket of permits for each key, which fills up at a steady rate.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    permits: f64,
    at: Instant,
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    /// Buckets that hold `burst` permits. With a rate of 0 there is always one.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second: per_second.into(), burst: burst.max(1).into(), buckets: Mutex::default() }
    }

    /// Takes a permit.
    ///
    /// # Errors
    ///
    /// How long it takes until there is one.
    pub(crate) fn take(&self, key: &K, now: Instant) -> Result<(), Duration> {
        if self.per_second == 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(key) {
            self.make_room(&mut buckets, now);
        }
        let bucket = buckets.entry(key.clone()).or_insert(Bucket { permits: self.burst, at: now });
        bucket.permits = self.filled(bucket, now);
        bucket.at = now;
        if bucket.permits < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.permits) / self.per_second));
        }
        bucket.permits -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.permits + since * self.per_second).min(self.burst)
    }

    /// Forgets the fullest half: a full bucket says nothing, and an empty one is not got rid of by making many others.
    fn make_room(&self, buckets: &mut HashMap<K, Bucket>, now: Instant) {
        let mut levels: Vec<f64> = buckets.values().map(|bucket| self.filled(bucket, now)).collect();
        levels.sort_by(f64::total_cmp);
        let median = levels[levels.len() / 2];
        buckets.retain(|_, bucket| self.filled(bucket, now) < median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let buckets = Buckets::new(2, 3);
        let now = Instant::now();
        for _ in 0..3 {
            buckets.take(&1, now).unwrap();
        }
        assert_eq!(buckets.take(&1, now), Err(Duration::from_millis(500)));
        assert_eq!(buckets.take(&2, now), Ok(()), "every key has its own");
        assert_eq!(buckets.take(&1, now + Duration::from_millis(500)), Ok(()));
        assert!(buckets.take(&1, now + Duration::from_millis(500)).is_err());
        let later = now + Duration::from_secs(3600);
        let taken = (0..10).filter(|_| buckets.take(&1, later).is_ok()).count();
        assert_eq!(taken, 3, "it holds no more than its burst");
    }

    #[test]
    fn memory_is_bounded_and_an_empty_bucket_stays_empty() {
        let buckets = Buckets::new(1, 2);
        let now = Instant::now();
        buckets.take(&usize::MAX, now).unwrap();
        buckets.take(&usize::MAX, now).unwrap();
        for key in 0..3 * MAX_KEYS {
            buckets.take(&key, now).unwrap();
        }
        assert!(buckets.buckets.lock().unwrap().len() <= MAX_KEYS);
        assert!(buckets.take(&usize::MAX, now).is_err());
    }

    #[test]
    fn no_rate_is_no_limit() {
        let buckets = Buckets::new(0, 1);
        let now = Instant::now();
        assert!((0..100).all(|_| buckets.take(&(), now).is_ok()));
    }
}
