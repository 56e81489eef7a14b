//! The guard of a binding: lets its calls through, makes them again, and stops them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::text::truncated;
use driftless_transport::{CallFailure, CancelHandle};

use crate::breaker::{Breaker, Permit, Refusal};
use crate::calls::Bounds;
use crate::clock::SharedClock;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::event::BindingEvent;
use crate::failure_policy::{FailurePolicy, MAX_PAUSE, Policy, Rule, Threshold};

/// What holds for all bindings of a manager.
pub(crate) struct FailureDefaults {
    pub(crate) policy: FailurePolicy,
    pub(crate) clock: SharedClock,
    /// Ends every call of the manager, and the pauses between them.
    pub(crate) cancel: CancelHandle,
}

/// Stands before every call of one binding and sees what became of it.
pub struct Guard {
    kind: ComponentKind,
    rule: Rule,
    breaker: Breaker<Why>,
    clock: SharedClock,
    cancel: CancelHandle,
    /// What [`Guard::take_events`] has not returned yet.
    events: Mutex<VecDeque<BindingEvent>>,
}

/// Which try of a call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Try {
    First,
    /// It has to be made in a fresh instance.
    Again,
}

/// The last failure, for the error of the calls that are not made.
#[derive(Clone)]
struct Why {
    text: Arc<str>,
    kind: ErrorKind,
    limit: Option<Limit>,
}

/// How much of a failure's text is kept, in bytes. A plugin's own words can be many.
const MAX_TEXT_BYTES: usize = 1000;

/// How many events are kept for a caller that may never take them.
const MAX_EVENTS: usize = 8;

impl Guard {
    /// A guard for a binding that says `own` about failures.
    ///
    /// # Errors
    ///
    /// When it asks for what cannot be, in words.
    pub(crate) fn new(
        kind: ComponentKind,
        own: &FailurePolicy,
        defaults: &FailureDefaults,
    ) -> Result<Self, String> {
        let rule = Rule::new(kind, own, &defaults.policy)?;
        let clock = Arc::clone(&defaults.clock);
        let breaker = Breaker::new(rule.threshold, Arc::clone(&clock));
        let cancel = defaults.cancel.clone();
        Ok(Self { kind, rule, breaker, clock, cancel, events: Mutex::default() })
    }

    /// Makes a call, as often as the policy says, unless the circuit is open.
    #[inline]
    pub(crate) fn run<R>(
        &self,
        mut bounds: Bounds<'_>,
        location: impl Fn() -> Location,
        mut call: impl FnMut(Try, Bounds<'_>) -> Result<R>,
    ) -> Result<R> {
        if self.rule.policy == Policy::Retry {
            // All tries and the pauses between them share one deadline.
            bounds = bounds.fixed();
        }
        if !self.breaker.is_healthy() {
            return self.run_watched(bounds, &location, &mut call);
        }
        match call(Try::First, bounds) {
            Ok(value) => Ok(value),
            Err(error) => self.after_error(self.breaker.healthy_pass(), error, bounds, &location, &mut call),
        }
    }

    /// Whether a call that failed is made again.
    pub(crate) fn retries(&self) -> bool {
        self.rule.policy == Policy::Retry
    }

    /// Whether the work goes on without a call that ended like this.
    #[cold]
    pub(crate) fn tolerates(&self, error: &Error) -> bool {
        matches!(self.rule.policy, Policy::Skip | Policy::Quarantine)
            && (self.is_failure(error) || matches!(error, Error::CircuitOpen { .. }))
    }

    /// Takes what has happened since this was last called: that the circuit breaker has opened, or closed.
    pub fn take_events(&self) -> VecDeque<BindingEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps an event until it is taken. Where there are too many, the oldest is dropped.
    #[cold]
    fn emit(&self, event: BindingEvent) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == MAX_EVENTS {
            events.pop_front();
        }
        events.push_back(event);
    }

    #[cold]
    fn run_watched<R>(
        &self,
        bounds: Bounds<'_>,
        location: &dyn Fn() -> Location,
        call: &mut dyn FnMut(Try, Bounds<'_>) -> Result<R>,
    ) -> Result<R> {
        let pass = self.breaker.admit().map_err(|refusal| self.circuit_open(location(), refusal))?;
        match call(Try::First, bounds) {
            Ok(value) => {
                self.works(pass, location);
                Ok(value)
            }
            Err(error) => self.after_error(pass, error, bounds, location, call),
        }
    }

    #[cold]
    fn after_error<R>(
        &self,
        pass: Permit<'_, Why>,
        mut error: Error,
        bounds: Bounds<'_>,
        location: &dyn Fn() -> Location,
        call: &mut dyn FnMut(Try, Bounds<'_>) -> Result<R>,
    ) -> Result<R> {
        let retries = match self.rule.policy {
            // One call on trial is one call.
            Policy::Retry if !pass.is_trial() => self.rule.retries,
            _ => 0,
        };
        let mut pause = self.rule.pause;
        let mut made = 0;
        while made < retries && self.is_failure(&error) {
            if !self.pause(pause, bounds) {
                break;
            }
            pause = pause.saturating_mul(2).min(MAX_PAUSE);
            made += 1;
            match call(Try::Again, bounds) {
                Ok(value) => {
                    self.works(pass, location);
                    return Ok(value);
                }
                Err(next) => error = next,
            }
        }
        if !self.is_failure(&error) {
            self.works(pass, location);
            return Err(error);
        }
        // Where each call is to be made whatever happens, nothing is held against it.
        if self.rule.policy != Policy::Skip {
            let text = truncated(&cause(&error), MAX_TEXT_BYTES).into();
            let why = Why { text, kind: error.kind(), limit: error.limit() };
            let opened = pass.fails(why.clone());
            if opened && self.rule.policy == Policy::Quarantine {
                let Threshold { failures, within, pause } = self.breaker.threshold();
                let (location, Why { text: last, kind, limit }) = (location(), why);
                self.emit(BindingEvent::CircuitOpened {
                    location,
                    failures,
                    within,
                    last,
                    kind,
                    limit,
                    again_in: pause,
                });
            }
        }
        Err(match made {
            0 => error,
            1 => Error::Context { what: "after 1 retry".to_owned(), source: Box::new(error) },
            more => Error::Context { what: format!("after {more} retries"), source: Box::new(error) },
        })
    }

    /// Waits, in steps, so that the deadline, a cancel and a stop end the wait. Returns whether there is any use in another try.
    fn pause(&self, pause: Duration, bounds: Bounds<'_>) -> bool {
        let cancelled = || {
            let either = [bounds.cancel, bounds.stop];
            either.into_iter().flatten().any(CancelHandle::is_cancelled) || self.cancel.is_cancelled()
        };
        if bounds.deadline.left() <= pause {
            return false;
        }
        self.clock.sleep_while(pause, &|| !cancelled());
        !cancelled()
    }

    fn works(&self, pass: Permit<'_, Why>, location: &dyn Fn() -> Location) {
        if pass.works() && self.rule.policy == Policy::Quarantine {
            self.emit(BindingEvent::CircuitClosed { location: location() });
        }
    }

    /// Whether the plugin has failed, rather than said something about what it was given.
    fn is_failure(&self, error: &Error) -> bool {
        match error {
            // That the caller cancelled it says nothing about the plugin.
            Error::Call { source, .. } => source.cause != CallFailure::Cancelled,
            Error::Protocol { .. } => true,
            Error::Failed { .. } => match self.kind {
                ComponentKind::Task
                | ComponentKind::FactsCollector
                | ComponentKind::LogSource
                | ComponentKind::LogOutput => true,
                ComponentKind::LogParser
                | ComponentKind::LogFilter
                | ComponentKind::TemplateFilter
                | ComponentKind::TemplateFunction => false,
            },
            _ => false,
        }
    }

    fn circuit_open(&self, location: Location, refusal: Refusal<Why>) -> Error {
        let threshold = self.breaker.threshold();
        let (last, kind, limit) = match refusal.why {
            Some(Why { text, kind, limit }) => (text, kind, limit),
            None => ("the host panicked".into(), ErrorKind::Failed, None),
        };
        Error::CircuitOpen {
            location,
            failures: threshold.failures,
            within: threshold.within,
            last,
            kind,
            limit,
            again_in: refusal.again_in,
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("rule", &self.rule).finish_non_exhaustive()
    }
}

/// What went wrong, without where.
fn cause(error: &Error) -> String {
    match error {
        Error::Call { source, .. } => source.cause.to_string(),
        Error::Failed { message, .. } => message.clone(),
        Error::Protocol { defect, .. } => defect.clone(),
        other => other.to_string(),
    }
}
