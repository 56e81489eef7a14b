//! What an author's function returned: a value, or a `Result` of one.
//!
//! A `Result` serialises like any other value, so no trait can tell the two apart. But the compiler looks for a method by
//! value before it looks by reference. Where the type is known, as it is in generated code, a call on `&returned` finds
//! the method of [`FallibleKind`] for a `Result`, whatever the author calls it, and that of [`PlainKind`] for everything
//! else. Crates that make errors of anything, such as anyhow, do the same.

use std::fmt::Display;

use driftless_plugin_api::hook::Verdict;
use driftless_plugin_api::result::TaskResult;
use serde::Serialize;

use crate::{Error, Result, advice};

/// What a function returned.
#[derive(Debug)]
pub struct Returned<T>(pub T);

/// The records of a log source.
#[derive(Debug)]
pub struct Records<I>(I);

/// Writes the next record of a log source, or returns `false` at the end.
#[allow(unreachable_pub, reason = "functions of this module hand it to generated code")]
pub type NextRecord = Box<dyn FnMut(&mut Vec<u8>) -> Result<bool>>;

/// The way to take what is a value already.
#[derive(Debug)]
pub struct Plain;

/// The way to take what is a `Result`.
#[derive(Debug)]
pub struct Fallible;

/// Whatever is not a `Result`.
pub trait PlainKind {
    /// Always the same.
    fn driftless_kind(&self) -> Plain {
        Plain
    }
}

/// A `Result`.
pub trait FallibleKind {
    /// Always the same.
    fn driftless_kind(&self) -> Fallible {
        Fallible
    }
}

impl<T> PlainKind for &Returned<T> {}
impl<T, E> FallibleKind for Returned<Result<T, E>> {}
impl<I> PlainKind for &Records<I> {}
impl<I: Iterator<Item = Result<T, E>>, T, E> FallibleKind for Records<I> {}

/// A type that can be written as JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON",
    label = "this type has to derive `Serialize`",
    note = "write `#[derive(Serialize)]` above a type of your own"
)]
pub trait Output: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Output for T {}

/// Writes a value as JSON.
pub fn write<T: Output + ?Sized>(value: &T, reply: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(reply, value)
        .map_err(|error| Error::new(format!("what it returned cannot be written as JSON: {error}")))
}

/// Writes a value that has to be a JSON object.
pub fn write_object<T: Output + ?Sized>(value: &T, reply: &mut Vec<u8>) -> Result<()> {
    write(value, reply)?;
    if reply.first() == Some(&b'{') {
        return Ok(());
    }
    Err(Error::new(advice::NO_OBJECT))
}

/// An error that a component can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a component",
    label = "the error has to implement `Display`, to tell the user what went wrong"
)]
pub trait Cause: Display {}

#[diagnostic::do_not_recommend]
impl<E: Display> Cause for E {}

/// What a task can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a task",
    label = "a task returns a `TaskResult`, a message, or nothing",
    note = "to hand over data: `TaskResult::success(\"a message\").with(\"key\", value)`"
)]
pub trait TaskOutput: Into<TaskResult> {}

#[diagnostic::do_not_recommend]
impl<T: Into<TaskResult>> TaskOutput for T {}

/// The result of a task.
pub fn task_result(output: impl TaskOutput) -> TaskResult {
    output.into()
}

/// What a hook before a task can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the verdict about a task",
    label = "a hook before a task returns a `Verdict`, or nothing"
)]
pub trait VerdictOutput: Into<Verdict> {}

#[diagnostic::do_not_recommend]
impl<T: Into<Verdict>> VerdictOutput for T {}

/// The verdict about a task.
pub fn verdict(output: impl VerdictOutput) -> Verdict {
    output.into()
}

impl<I: Iterator> Records<I> {
    /// What a log source returned.
    pub fn new(records: impl IntoIterator<IntoIter = I>) -> Self {
        Self(records.into_iter())
    }
}

impl Plain {
    /// The value.
    pub fn take<T>(self, returned: Returned<T>) -> Result<T> {
        Ok(returned.0)
    }

    /// A log source whose records cannot fail.
    pub fn records<I>(self, Records(mut records): Records<I>) -> NextRecord
    where
        I: Iterator<Item: Output> + 'static,
    {
        Box::new(move |reply| match records.next() {
            Some(record) => write(&record, reply).map(|()| true),
            None => Ok(false),
        })
    }
}

impl Fallible {
    /// The value, or the author's error as ours. The alternate form is what `anyhow` prints its causes with.
    pub fn take<T, E: Cause>(self, returned: Returned<Result<T, E>>) -> Result<T> {
        returned.0.map_err(|error| Error::new(format!("{error:#}")))
    }

    /// A log source that can fail at any record.
    pub fn records<I, T, E>(self, Records(mut records): Records<I>) -> NextRecord
    where
        I: Iterator<Item = Result<T, E>> + 'static,
        T: Output,
        E: Cause,
    {
        Box::new(move |reply| match records.next() {
            Some(record) => {
                let record = Self.take(Returned(record))?;
                write(&record, reply).map(|()| true)
            }
            None => Ok(false),
        })
    }
}
