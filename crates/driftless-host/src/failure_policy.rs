//! `on_failure`: what a user says about a component that fails.

use std::fmt;
use std::time::Duration;

use driftless_plugin_api::component::ComponentKind;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// What is done when a component fails where it is bound into a file: `on_failure` beside its `type`, or
/// [`Settings::failure`](crate::Settings::failure) for all that do not say anything themselves. It is one word, or keys of which each may be left out; it is no
/// template.
///
/// ```
/// use driftless_host::{FailurePolicy, Policy};
/// use driftless_runner::ApplyFile;
///
/// let file: ApplyFile = serde_json::from_value(serde_json::json!({"tasks": [
///     {"type": "site.notify", "on_failure": "skip"},
///     {"type": "site.deploy", "on_failure": {"policy": "retry", "retries": 5, "pause_ms": 200}},
/// ]}))?;
/// assert_eq!(file.tasks[0].on_failure, Some(FailurePolicy::from(Policy::Skip)));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # What a failure is
///
/// A call that brought no result: the plugin trapped, panicked, ran into a limit, or broke the protocol with its reply.
/// So is a task, facts collector, log source or log output that replies `{"error": …}`. A log parser, log filter, template
/// filter or template function that replies so has done its part and says something about *this* line or value: that is no
/// failure of the plugin, fails the line or the template as ever, and no policy changes it. A task's result with the
/// status `error` is a result: it is not asked for again, and does not open a circuit. It ends a run of tasks as well, unless the task's own policy
/// is to skip it; what [`Settings::failure`](crate::Settings::failure) says is about plugins. What is wrong before the call, like a
/// configuration that does not match its schema or a plugin that is not there, always ends the run.
///
/// # What each policy does
///
/// | | `fail` (default) | `skip` | `quarantine` |
/// |---|---|---|---|
/// | task | the run ends | it counts as skipped, and the next one runs | as `skip` |
/// | facts collector | the run ends | its facts are left out | as `skip` |
/// | log source | the pipeline ends | nothing more is read from it; the others go on | as `skip`: a source that broke has lost its place |
/// | log parser | the line fails | the line is skipped: it goes to `rejected` if there is one, and the run has not failed | as `skip` |
/// | log filter | the line fails | the entry goes on as if the filter were not there | as `skip` |
/// | log output | the pipeline ends | this output misses the entry; the others get it | as `skip` |
/// | template filter or function | the template fails | refused: a template needs a value | refused |
/// | the breaker | stops the calls; a pipeline ends | is not there: each call is made | stops the calls |
///
/// `retry` makes the call again, each time in a fresh instance and after a pause that doubles, and then does what `fail` does. All tries and
/// the pauses between them share the time of one call: a pause that would not end within it is not made.
/// Whatever the plugin did before it failed is done again: an output may get an entry twice, and a source begins
/// anew. What is skipped is always told.
///
/// # The circuit breaker
///
/// After `failures` failures in a row within `within_secs`, a binding's circuit is open for `pause_secs`: calls are not made
/// and fail at once with [`Error::CircuitOpen`](crate::Error::CircuitOpen). Then a single call is let through; if that
/// works, all is well again, else the next pause begins. A call with its retries is one failure, and the call on
/// trial is not retried. The time that failing calls take themselves does not count, so that a plugin which runs into a time
/// limit of half a minute opens its circuit as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailurePolicy {
    /// What is done. Default: `fail`.
    pub policy: Option<Policy>,
    /// How often `retry` makes a call again, 1 to 100. Default: 3.
    pub retries: Option<u32>,
    /// The pause before the first retry in milliseconds, up to 60,000; each further one is twice as long, up to a minute.
    /// Default: 100.
    pub pause_ms: Option<u64>,
    /// How many failures in a row put the binding aside, 1 to 1000. Default: 5.
    pub failures: Option<u32>,
    /// Within how many seconds they have to be, 1 to 86,400. Default: 60.
    pub within_secs: Option<u64>,
    /// For how many seconds the circuit stays open, 1 to 86,400. Default: 30.
    pub pause_secs: Option<u64>,
}

/// What is done about a failure, see [`FailurePolicy`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// It is an error.
    #[default]
    Fail,
    /// The work goes on without it.
    Skip,
    /// The call is made again a few times, and then it is an error.
    Retry,
    /// The work goes on without it, and when it keeps failing, it is not called for a while.
    Quarantine,
}

/// What holds for one binding, with every default filled in.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    pub(crate) retries: u32,
    /// Before the first retry.
    pub(crate) pause: Duration,
    pub(crate) threshold: Threshold,
}

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold {
    pub(crate) failures: u32,
    pub(crate) within: Duration,
    pub(crate) pause: Duration,
}

/// The longest pause before a retry.
pub(crate) const MAX_PAUSE: Duration = Duration::from_secs(60);

const DAY: u64 = 86_400;

impl From<Policy> for FailurePolicy {
    fn from(policy: Policy) -> Self {
        Self { policy: Some(policy), ..Self::default() }
    }
}

impl Rule {
    /// What holds for a binding of this kind that says `own`, where `defaults` hold for all.
    ///
    /// # Errors
    ///
    /// When it asks for what cannot be, in words.
    pub(crate) fn new(
        kind: ComponentKind,
        own: &FailurePolicy,
        defaults: &FailurePolicy,
    ) -> Result<Self, String> {
        let policy = match own.policy {
            Some(policy) if is_in_a_template(kind) => in_a_template(own).map(|()| policy)?,
            Some(policy) => policy,
            // What holds for all holds where it can.
            None if is_in_a_template(kind) && in_a_template(defaults).is_err() => Policy::Fail,
            None => defaults.policy.unwrap_or_default(),
        };
        Ok(Self {
            policy,
            retries: own.retries.or(defaults.retries).unwrap_or(3),
            pause: Duration::from_millis(own.pause_ms.or(defaults.pause_ms).unwrap_or(100)),
            threshold: Threshold {
                failures: own.failures.or(defaults.failures).unwrap_or(5),
                within: Duration::from_secs(own.within_secs.or(defaults.within_secs).unwrap_or(60)),
                pause: Duration::from_secs(own.pause_secs.or(defaults.pause_secs).unwrap_or(30)),
            },
        })
    }
}

/// Whether a template filter or function can have this policy.
///
/// # Errors
///
/// When it is to be skipped.
pub(crate) fn in_a_template(policy: &FailurePolicy) -> Result<(), String> {
    let word = match policy.policy {
        Some(Policy::Skip) => "skip",
        Some(Policy::Quarantine) => "quarantine",
        Some(Policy::Fail | Policy::Retry) | None => return Ok(()),
    };
    Err(format!(
        "on_failure: a template filter or function cannot have `{word}`, since a template has nothing to put in the place of its value; use `fail` or `retry`"
    ))
}

fn is_in_a_template(kind: ComponentKind) -> bool {
    matches!(kind, ComponentKind::TemplateFilter | ComponentKind::TemplateFunction)
}

impl<'de> Deserialize<'de> for FailurePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrKeys)
    }
}

/// The keys of a [`FailurePolicy`], which is made of a word as well.
#[derive(Deserialize)]
#[serde(remote = "FailurePolicy", deny_unknown_fields)]
struct Keys {
    policy: Option<Policy>,
    retries: Option<u32>,
    pause_ms: Option<u64>,
    failures: Option<u32>,
    within_secs: Option<u64>,
    pause_secs: Option<u64>,
}

struct WordOrKeys;

impl<'de> Visitor<'de> for WordOrKeys {
    type Value = FailurePolicy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`fail`, `skip`, `retry`, `quarantine`, or keys like `policy` and `retries`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<FailurePolicy, E> {
        Policy::deserialize(StrDeserializer::new(word)).map(FailurePolicy::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FailurePolicy, A::Error> {
        let policy = Keys::deserialize(MapAccessDeserializer::new(map))?;
        let in_range = |name, value: Option<u64>, least, most| match value {
            Some(value) if !(least..=most).contains(&value) => {
                let expected = format!("`{name}` from {least} to {most}");
                Err(A::Error::invalid_value(Unexpected::Unsigned(value), &expected.as_str()))
            }
            _ => Ok(()),
        };
        in_range("retries", policy.retries.map(u64::from), 1, 100)?;
        in_range("pause_ms", policy.pause_ms, 0, 60_000)?;
        in_range("failures", policy.failures.map(u64::from), 1, 1000)?;
        in_range("within_secs", policy.within_secs, 1, DAY)?;
        in_range("pause_secs", policy.pause_secs, 1, DAY)?;
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<FailurePolicy, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_a_word_or_keys() {
        assert_eq!(read(r#""quarantine""#).unwrap(), Policy::Quarantine.into());
        let keys = FailurePolicy { failures: Some(2), pause_secs: Some(9), ..Policy::Retry.into() };
        assert_eq!(read(r#"{"policy": "retry", "failures": 2, "pause_secs": 9}"#).unwrap(), keys);
        assert_eq!(read("{}").unwrap(), FailurePolicy::default());
    }

    #[test]
    fn what_cannot_be_is_told() {
        let says = |json: &str, text: &str| {
            let error = read(json).unwrap_err();
            assert!(error.starts_with(text), "{error}");
        };
        says(r#""skp""#, "unknown variant `skp`, expected one of `fail`, `skip`, `retry`, `quarantine`");
        says(r#"{"policy": "x"}"#, "unknown variant `x`, expected one of `fail`");
        says(r#"{"retry": 3}"#, "unknown field `retry`, expected one of `policy`, `retries`");
        says(r#"{"retries": 0}"#, "invalid value: integer `0`, expected `retries` from 1 to 100");
        says(r#"{"pause_ms": 60001}"#, "invalid value: integer `60001`, expected `pause_ms` from 0 to 60000");
        says(r#"{"within_secs": 0}"#, "invalid value: integer `0`, expected `within_secs` from 1 to 86400");
        says("true", "invalid type: boolean `true`, expected `fail`, `skip`, `retry`, `quarantine`, or keys");
    }

    #[test]
    fn a_binding_comes_before_the_defaults_and_they_before_what_is_built_in() {
        let defaults = FailurePolicy { retries: Some(7), failures: Some(9), ..Policy::Skip.into() };
        let own = FailurePolicy { failures: Some(2), ..FailurePolicy::default() };
        let rule = Rule::new(ComponentKind::Task, &own, &defaults).unwrap();
        assert_eq!((rule.policy, rule.retries, rule.threshold.failures), (Policy::Skip, 7, 2));
        assert_eq!(rule.threshold.within, Duration::from_secs(60));
        assert_eq!(rule.threshold.pause, Duration::from_secs(30));
        assert_eq!(rule.pause, Duration::from_millis(100));
    }

    #[test]
    fn nothing_in_a_template_can_be_skipped() {
        let filter = ComponentKind::TemplateFilter;
        let nothing = FailurePolicy::default();
        for policy in [Policy::Skip, Policy::Quarantine] {
            let error = Rule::new(filter, &policy.into(), &nothing).unwrap_err();
            assert!(error.contains("use `fail` or `retry`"), "{error}");
            // Said of everything, it does not mean templates.
            assert_eq!(Rule::new(filter, &nothing, &policy.into()).unwrap().policy, Policy::Fail);
        }
        assert_eq!(Rule::new(filter, &Policy::Retry.into(), &nothing).unwrap().policy, Policy::Retry);
    }
}
