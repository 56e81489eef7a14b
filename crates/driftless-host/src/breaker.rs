//! A circuit breaker: stops calls that fail anyway, and tries again after a while.
//!
//! ```text
//!             failures in a row within a time            the pause is over
//!   closed ────────────────────────────────────▶ open ────────────────────▶ half open: one call on trial
//!     ▲                                            ▲                            │ fails        │ works
//!     │                                            └────────────────────────────┘              │
//!     └────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::SharedClock;
use crate::failure_policy::Threshold;

/// The breaker of one binding, for all threads that call it. `W` is what it remembers of why the last call failed.
///
/// While nothing is on record, a call costs one look at a flag; whatever is more is behind it.
pub(crate) struct Breaker<W> {
    threshold: Threshold,
    clock: SharedClock,
    /// Whether it is closed and no failure is on record.
    healthy: AtomicBool,
    record: Mutex<Record<W>>,
}

struct Record<W> {
    state: State,
    why: Option<W>,
}

enum State {
    /// When the last failures were, of which there is none before the last success.
    Closed(VecDeque<Duration>),
    /// No calls are made until then.
    Open { until: Duration },
    /// One call is being made to see whether it works again.
    HalfOpen,
}

/// Leave to make one call. What became of it has to be told; a call on trial that is never told of counts as failed.
pub(crate) struct Permit<'a, W: Clone> {
    breaker: &'a Breaker<W>,
    trial: bool,
    /// When the call began, where it was looked at.
    began: Option<Duration>,
    told: bool,
}

/// Why a call is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal<W> {
    pub(crate) why: Option<W>,
    /// How long until it is tried again; `None` while it is.
    pub(crate) again_in: Option<Duration>,
}

impl<W: Clone> Breaker<W> {
    pub(crate) fn new(threshold: Threshold, clock: SharedClock) -> Self {
        Self {
            threshold,
            clock,
            healthy: AtomicBool::new(true),
            record: Mutex::new(Record { state: State::Closed(VecDeque::new()), why: None }),
        }
    }

    pub(crate) fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// Whether a call can be made without asking any further. A success then need not be told.
    #[inline]
    pub(crate) fn is_healthy(&self) -> bool {
        // A call that comes a moment too early or too late does no harm.
        self.healthy.load(Ordering::Relaxed)
    }

    /// The pass of a call that was made because all was well.
    pub(crate) fn healthy_pass(&self) -> Permit<'_, W> {
        Permit { breaker: self, trial: false, began: None, told: false }
    }

    /// Asks for leave to make a call.
    #[cold]
    pub(crate) fn admit(&self) -> Result<Permit<'_, W>, Refusal<W>> {
        let now = self.clock.now();
        let mut record = self.lock();
        let trial = match record.state {
            State::Closed(_) => false,
            State::Open { until } if now >= until => true,
            State::Open { until } => {
                return Err(Refusal { why: record.why.clone(), again_in: Some(until - now) });
            }
            State::HalfOpen => return Err(Refusal { why: record.why.clone(), again_in: None }),
        };
        if trial {
            record.state = State::HalfOpen;
        }
        Ok(Permit { breaker: self, trial, began: Some(now), told: false })
    }

    fn lock(&self) -> MutexGuard<'_, Record<W>> {
        // Every change leaves the record whole.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Clone> Permit<'_, W> {
    /// Whether much depends on this call: while it is made, all others are refused.
    pub(crate) fn is_trial(&self) -> bool {
        self.trial
    }

    /// The call worked. Returns whether the breaker was open until now.
    #[cold]
    pub(crate) fn works(mut self) -> bool {
        self.told = true;
        let mut record = self.breaker.lock();
        match record.state {
            State::HalfOpen if self.trial => {}
            State::Closed(_) => {}
            // A call that began before it was opened says nothing about now.
            State::Open { .. } | State::HalfOpen => return false,
        }
        record.state = State::Closed(VecDeque::new());
        record.why = None;
        self.breaker.healthy.store(true, Ordering::Relaxed);
        self.trial
    }

    /// The call failed. Returns whether that opened the breaker.
    #[cold]
    pub(crate) fn fails(mut self, why: W) -> bool {
        self.told = true;
        self.record_failure(Some(why))
    }

    fn record_failure(&self, why: Option<W>) -> bool {
        let Breaker { threshold, clock, healthy, .. } = self.breaker;
        let now = clock.now();
        let until = now.saturating_add(threshold.pause);
        let mut record = self.breaker.lock();
        let opens = match &mut record.state {
            State::Closed(failures) => {
                healthy.store(false, Ordering::Relaxed);
                // The time that this call took is taken out of the time between the failures.
                let took = self.began.map_or(Duration::ZERO, |began| now.saturating_sub(began));
                failures.iter_mut().for_each(|failure| *failure = failure.saturating_add(took).min(now));
                while failures.front().is_some_and(|failure| now - *failure > threshold.within) {
                    failures.pop_front();
                }
                failures.push_back(now);
                failures.len() >= threshold.failures as usize
            }
            State::HalfOpen if self.trial => {
                record.state = State::Open { until };
                record.why = why.or(record.why.take());
                return false;
            }
            // A call that began before it was opened says nothing new.
            State::Open { .. } | State::HalfOpen => return false,
        };
        record.why = why.or(record.why.take());
        if opens {
            record.state = State::Open { until };
        }
        opens
    }
}

impl<W: Clone> Drop for Permit<'_, W> {
    fn drop(&mut self) {
        // The caller panicked. A breaker that waits for the end of this call would never close again.
        if !self.told && self.trial {
            self.record_failure(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    use super::*;
    use crate::clock::Clock;

    /// Goes on by hand.
    #[derive(Default)]
    struct ByHand(AtomicU64);

    impl ByHand {
        fn pass(&self, seconds: u64) {
            self.0.fetch_add(seconds, Ordering::Relaxed);
        }
    }

    impl Clock for ByHand {
        fn now(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }

        fn sleep(&self, _: Duration) {}
    }

    /// Opens after three failures within ten seconds, for five.
    fn breaker() -> (Breaker<&'static str>, Arc<ByHand>) {
        let clock = Arc::new(ByHand::default());
        let threshold =
            Threshold { failures: 3, within: Duration::from_secs(10), pause: Duration::from_secs(5) };
        (Breaker::new(threshold, clock.clone()), clock)
    }

    fn fail(breaker: &Breaker<&'static str>) -> bool {
        if breaker.is_healthy() {
            return breaker.healthy_pass().fails("why");
        }
        breaker.admit().unwrap().fails("why")
    }

    fn open(breaker: &Breaker<&'static str>) {
        assert_eq!([fail(breaker), fail(breaker), fail(breaker)], [false, false, true]);
    }

    #[track_caller]
    fn is_open(breaker: &Breaker<&'static str>, again_in: Option<u64>) {
        let refusal = breaker.admit().err().expect("it should be open");
        assert_eq!(refusal, Refusal { why: Some("why"), again_in: again_in.map(Duration::from_secs) });
    }

    #[test]
    fn it_opens_after_so_many_failures() {
        let (breaker, _) = breaker();
        assert!(breaker.is_healthy());
        assert!(!fail(&breaker));
        assert!(!breaker.is_healthy());
        assert!(!fail(&breaker));
        assert!(fail(&breaker));
        is_open(&breaker, Some(5));
    }

    #[test]
    fn failures_that_are_far_apart_do_not_add_up() {
        let (breaker, clock) = breaker();
        for _ in 0..10 {
            assert!(!fail(&breaker));
            clock.pass(6);
        }
        // Now two are within the ten seconds, and the next is the third.
        clock.pass(5);
        assert!(!fail(&breaker));
        assert!(!fail(&breaker));
        assert!(fail(&breaker));
    }

    #[test]
    fn a_success_clears_the_record() {
        let (breaker, _) = breaker();
        for _ in 0..10 {
            assert!(!fail(&breaker));
            assert!(!fail(&breaker));
            assert!(!breaker.admit().unwrap().works());
            assert!(breaker.is_healthy());
        }
    }

    #[test]
    fn the_time_that_failing_calls_take_does_not_count() {
        let (breaker, clock) = breaker();
        // Three calls that run into a time limit of a minute.
        clock.pass(60);
        assert!(!fail(&breaker));
        for opens in [false, true] {
            let pass = breaker.admit().unwrap();
            clock.pass(60);
            assert_eq!(pass.fails("why"), opens);
        }
    }

    #[test]
    fn after_the_pause_one_call_is_let_through() {
        let (breaker, clock) = breaker();
        open(&breaker);
        clock.pass(4);
        is_open(&breaker, Some(1));
        clock.pass(1);
        let trial = breaker.admit().unwrap();
        assert!(trial.is_trial());
        is_open(&breaker, None);
        is_open(&breaker, None);
        assert!(!trial.fails("why"));
        is_open(&breaker, Some(5));
        clock.pass(5);
        assert!(breaker.admit().unwrap().works());
        assert!(breaker.is_healthy());
        // And it takes as many failures as at first.
        assert_eq!([fail(&breaker), fail(&breaker), fail(&breaker)], [false, false, true]);
    }

    #[test]
    fn calls_that_began_before_it_opened_do_not_change_it() {
        let (breaker, clock) = breaker();
        let early: Vec<_> = (0..4).map(|_| breaker.admit().unwrap()).collect();
        open(&breaker);
        let mut early = early.into_iter();
        assert!(!early.next().unwrap().works());
        assert!(!early.next().unwrap().fails("other"));
        is_open(&breaker, Some(5));
        clock.pass(5);
        let trial = breaker.admit().unwrap();
        assert!(!early.next().unwrap().works());
        assert!(!early.next().unwrap().fails("other"));
        is_open(&breaker, None);
        assert!(trial.works());
    }

    #[test]
    fn a_trial_that_is_never_told_of_has_failed() {
        let (breaker, clock) = breaker();
        open(&breaker);
        clock.pass(5);
        drop(breaker.admit());
        is_open(&breaker, Some(5));
    }

    #[test]
    fn of_many_threads_one_makes_the_trial() {
        let (breaker, clock) = breaker();
        open(&breaker);
        clock.pass(5);
        let all_asked = std::sync::Barrier::new(8);
        let admitted = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let pass = breaker.admit();
                    admitted.fetch_add(pass.is_ok().into(), Ordering::Relaxed);
                    all_asked.wait();
                    pass.map(Permit::works)
                });
            }
        });
        assert_eq!(admitted.into_inner(), 1);
        assert!(breaker.is_healthy());
    }
}
