//! Files that one pipeline cannot use twice.

use std::path::Path;

use crate::error::{Error, Result};
use crate::file_id::FileId;
use crate::input_file::reads_its_output;
use crate::line_file::LineFile;
use crate::reader::Input;
use crate::writer::{Output, Sink};

/// Checks the files of a description, as far as they are there. What is found here is told before anything is opened.
///
/// # Errors
///
/// When a file would be read and written, or written by two.
pub(crate) fn check_paths(inputs: &[Input], outputs: &[Output], rejected: Option<&Path>) -> Result<()> {
    if inputs.iter().filter(|input| matches!(input, Input::Stdin)).count() > 1 {
        return Err(Error::impossible("the pipeline", "only one of its sources can be `stdin`"));
    }
    if outputs.iter().filter(|output| matches!(output, Output::Stdout)).count() > 1 {
        return Err(Error::impossible("the pipeline", "only one of its outputs can be `stdout`"));
    }
    let paths = outputs.iter().filter_map(|output| match output {
        Output::File { path, .. } => Some(path.as_path()),
        Output::Stdout | Output::Plugin(_) => None,
    });
    let paths: Vec<_> = paths.chain(rejected).collect();
    for (number, path) in paths.iter().enumerate() {
        let is_same = |earlier: &&Path| match (std::fs::metadata(path), std::fs::metadata(earlier)) {
            // Neither is there yet.
            (Err(_), Err(_)) => path == earlier,
            _ => FileId::of_path(path).is_some_and(|id| FileId::of_path(earlier) == Some(id)),
        };
        if paths[..number].iter().any(is_same) {
            return Err(written_twice(&path.display().to_string()));
        }
    }
    let written: Vec<_> = paths.into_iter().filter_map(FileId::of_path).collect();
    check_inputs(inputs, &written)
}

/// Checks the outputs once they are open, and so are there. Returns which files they are.
///
/// # Errors
///
/// As for [`check_paths`].
pub(crate) fn check_open(
    inputs: &[Input],
    outputs: &[Output],
    sinks: &[Sink],
    rejected: Option<&LineFile>,
) -> Result<Vec<FileId>> {
    let sinks = sinks.iter().zip(outputs).filter_map(|(sink, output)| Some((sink.id()?, output.to_string())));
    let rejected = rejected.and_then(|file| Some((file.id()?.clone(), "rejected".to_owned())));
    let mut written = Vec::new();
    for (id, name) in sinks.chain(rejected) {
        if written.contains(&id) {
            return Err(written_twice(&name));
        }
        written.push(id);
    }
    check_inputs(inputs, &written)?;
    Ok(written)
}

fn check_inputs(inputs: &[Input], written: &[FileId]) -> Result<()> {
    let is_written = |id: Option<FileId>| id.is_some_and(|id| written.contains(&id));
    for input in inputs {
        let read = match input {
            Input::Files { paths, .. } => paths.iter().find(|path| is_written(FileId::of_path(path))),
            Input::Stdin if is_written(FileId::of_stdin()) => {
                return Err(reads_its_output(Path::new("standard input")));
            }
            Input::Stdin | Input::Plugin(_) => None,
        };
        if let Some(path) = read {
            return Err(reads_its_output(path));
        }
    }
    Ok(())
}

fn written_twice(what: &str) -> Error {
    Error::impossible(what, "it is written already; each output and `rejected` need a file of their own")
}
