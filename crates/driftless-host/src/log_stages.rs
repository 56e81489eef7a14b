//! The stages of a log pipeline, one by one, for programs that need no whole pipeline. The crate `driftless-logs` has that.

use std::fmt::Display;

use driftless_plugin_api::records::Records;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::calls::{CallOptions, Measured};
use crate::component::Binding;
use crate::error::Result;
use crate::failure_policy::FailurePolicy;
use crate::handle::Session;
use crate::reply;

/// A log source with its configuration, see [`PluginManager::log_source`](crate::PluginManager::log_source).
#[derive(Clone, Debug)]
pub struct LogSource(pub(crate) Binding);

/// A log source that is being read: calls of one instance, which knows how far it is.
#[derive(Debug)]
pub struct LogReader {
    source: Binding,
    session: Session,
}

/// What a source returned at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion<T> {
    /// The records, each a text, which is a line for a parser, or an object, which is an entry already. There may be none yet.
    pub records: Vec<T>,
    /// Whether the source is to be asked again.
    pub more: bool,
}

/// A log parser with its configuration, see [`PluginManager::log_parser`](crate::PluginManager::log_parser).
#[derive(Clone, Debug)]
pub struct LogParser(pub(crate) Binding);

/// A log filter with its configuration, see [`PluginManager::log_filter`](crate::PluginManager::log_filter).
#[derive(Clone, Debug)]
pub struct LogFilter(pub(crate) Binding);

/// A log output with its configuration, see [`PluginManager::log_output`](crate::PluginManager::log_output).
#[derive(Clone, Debug)]
pub struct LogOutput(pub(crate) Binding);

impl LogSource {
    /// Lets `policy` say what is done when it brings no records.
    ///
    /// # Errors
    ///
    /// None for a log source.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// Begins to read it.
    pub fn reader(&self) -> LogReader {
        LogReader { session: self.0.session(), source: self.0.clone() }
    }
}

impl LogReader {
    /// The next records, each read as a `T`; `serde_json::Value` takes every one.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or what it returned is no list of such records.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Portion<T>> {
        self.source.call_in(&mut self.session, &[], |text| {
            // Each record is read by itself, so they are bounded together.
            let broken = |error: &dyn Display| format!("its reply is not a list of records: {error}");
            reply::BOUNDS.check(text).map_err(|error| broken(&error))?;
            let read: Records<'_> = serde_json::from_str(text).map_err(|error| broken(&error))?;
            let records: Result<Vec<T>, _> =
                read.records.iter().map(|record| serde_json::from_str(record.get())).collect();
            let records =
                records.map_err(|error| format!("a record is not what the program expects: {error}"))?;
            Ok(Portion { records, more: read.more })
        })
    }
}

impl LogParser {
    /// Lets `policy` say what is done when it brings no entry.
    ///
    /// # Errors
    ///
    /// None for a log parser.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// The entry that a line is. The line has no end of line in it.
    ///
    /// # Errors
    ///
    /// When the plugin fails, which is also how it says that it cannot read this line, and when the entry cannot be read as a `T`.
    pub fn parse<T: DeserializeOwned>(&self, line: &str) -> Result<T> {
        self.0.call(&[line], read_entry)
    }

    /// The same within bounds of the caller's own, with what it used.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse), and when it is cancelled.
    pub fn parse_with<T: DeserializeOwned>(&self, options: &CallOptions, line: &str) -> Result<Measured<T>> {
        self.0.call_with(options, &[line], read_entry)
    }
}

impl LogFilter {
    /// Lets `policy` say what is done when it does not decide.
    ///
    /// # Errors
    ///
    /// None for a log filter.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// Whether it keeps an entry.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or the entry cannot be written as JSON.
    pub fn keeps(&self, entry: &(impl Serialize + ?Sized)) -> Result<bool> {
        self.0.call(&[&self.0.argument("the entry", entry)?], read_verdict)
    }

    /// The same within bounds of the caller's own, with what it used.
    ///
    /// # Errors
    ///
    /// As for [`keeps`](Self::keeps), and when it is cancelled.
    pub fn keeps_with(
        &self,
        options: &CallOptions,
        entry: &(impl Serialize + ?Sized),
    ) -> Result<Measured<bool>> {
        self.0.call_with(options, &[&self.0.argument("the entry", entry)?], read_verdict)
    }
}

impl LogOutput {
    /// Lets `policy` say what is done when it does not take an entry.
    ///
    /// # Errors
    ///
    /// None for a log output.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// Hands an entry over.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or the entry cannot be written as JSON.
    pub fn write(&self, entry: &(impl Serialize + ?Sized)) -> Result<()> {
        self.0.call(&[&self.0.argument("the entry", entry)?], |_| Ok(()))
    }

    /// The same within bounds of the caller's own, with what it used.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write), and when it is cancelled.
    pub fn write_with(
        &self,
        options: &CallOptions,
        entry: &(impl Serialize + ?Sized),
    ) -> Result<Measured<()>> {
        self.0.call_with(options, &[&self.0.argument("the entry", entry)?], |_| Ok(()))
    }
}

fn read_entry<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    reply::read(text, "its entry is not what the program expects")
}

fn read_verdict(reply: &str) -> Result<bool, String> {
    serde_json::from_str(reply).map_err(|_| "its reply is neither true nor false".to_owned())
}
