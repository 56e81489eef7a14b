//! What one call may use, and what it used.

use std::cell::Cell;
use std::time::Duration;

use driftless_transport::{Call, CancelHandle, Deadline, Timing, Usage};

/// What a call may use beyond the settings' limits, which hold in any case. By default: nothing less than they allow.
///
/// ```
/// use driftless_host::{CallOptions, CancelHandle};
/// use std::time::Duration;
///
/// let cancel = CancelHandle::new();
/// let options = CallOptions::default().timeout(Duration::from_secs(2)).fuel(10_000_000).cancel(&cancel);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    timeout: Option<Duration>,
    fuel: Option<u64>,
    cancel: Option<CancelHandle>,
}

impl CallOptions {
    /// The time from the moment of the call within which it has to be over: waiting, starting, retries and pauses included.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// The units of fuel that each try of the call may use.
    #[must_use]
    pub fn fuel(mut self, fuel: u64) -> Self {
        self.fuel = Some(fuel);
        self
    }

    /// Ends the call from another thread.
    #[must_use]
    pub fn cancel(mut self, handle: &CancelHandle) -> Self {
        self.cancel = Some(handle.clone());
        self
    }
}

/// A value, and what the call used that brought it. Where a call was made again, that is all tries together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured<T> {
    /// What the plugin returned.
    pub value: T,
    /// What that used.
    pub usage: Usage,
}

impl<T> Measured<T> {
    /// Makes calls within bounds, and says what they used together.
    pub(crate) fn by<E>(
        options: &CallOptions,
        time: Duration,
        call: impl FnOnce(Bounds<'_>) -> Result<T, E>,
    ) -> Result<Self, E> {
        let meter = Cell::new(Usage::default());
        let value = call(Bounds::measured(options, time, &meter))?;
        Ok(Self { value, usage: meter.get() })
    }

    /// The same use with something else made of the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Measured<U> {
        Measured { value: make(self.value), usage: self.usage }
    }
}

/// The bounds of one call, as they go through the layers of this crate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    pub(crate) deadline: Deadline,
    pub(crate) fuel: Option<u64>,
    pub(crate) cancel: Option<&'a CancelHandle>,
    pub(crate) timing: Timing,
    /// Ends the pauses between retries, and no call.
    pub(crate) stop: Option<&'a CancelHandle>,
    /// Where what each try used is added up, for a caller that wants to know.
    pub(crate) meter: Option<&'a Cell<Usage>>,
}

impl<'a> Bounds<'a> {
    /// Those of a call that its caller says nothing about. Only an observer reads the time that it takes.
    #[inline]
    pub(crate) const fn limits(time: Duration, timing: Timing) -> Self {
        Self { deadline: Deadline::After(time), fuel: None, cancel: None, timing, stop: None, meter: None }
    }

    /// Those of a call whose caller wants to know what it used, where `time` is the most that it may take.
    pub(crate) fn measured(options: &'a CallOptions, time: Duration, meter: &'a Cell<Usage>) -> Self {
        Self {
            deadline: Deadline::After(options.timeout.map_or(time, |timeout| timeout.min(time))),
            fuel: options.fuel,
            cancel: options.cancel.as_ref(),
            timing: Timing::Exact,
            stop: None,
            meter: Some(meter),
        }
    }

    /// The same with a deadline that several calls share.
    pub(crate) fn fixed(self) -> Self {
        Self { deadline: self.deadline.fixed(), ..self }
    }

    /// The same with pauses that end with a handle.
    #[inline]
    pub(crate) fn stopped_by<'b>(self, stop: Option<&'b CancelHandle>) -> Bounds<'b>
    where
        'a: 'b,
    {
        Bounds { stop, ..self }
    }

    /// Adds what one try used.
    #[inline]
    pub(crate) fn count(self, usage: &Usage) {
        if let Some(meter) = self.meter {
            meter.set(meter.get().and(*usage));
        }
    }

    /// As a transport takes it.
    #[inline]
    pub(crate) fn call(
        self,
        function: driftless_plugin_api::function::Function,
        arguments: &'a [&'a str],
    ) -> Call<'a> {
        let Self { deadline, fuel, cancel, timing, stop: _, meter: _ } = self;
        Call { function, arguments, deadline, fuel, cancel, timing }
    }
}
