//! Reads the hostile corpus: every file in `tests/hostile` is one attack and says in its own header what must come of it.
//! `hostile/README.md` explains the header.
//!
//! Two runners use this: `driftless-sandbox/tests/hostile.rs` runs the attacks against the library, `driftless-cli/tests/hostile.rs` against
//! the program that users run.

// Each runner uses its part of it.
#![allow(dead_code)]

mod header;
mod server;
mod skeleton;
pub(crate) mod stage;

pub(crate) use header::{Header, Step, Verdict};
pub(crate) use stage::Stage;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::manifest::{self, Permission};
use driftless_sandbox::Limits;

/// One file of the corpus, and the place where it is set loose.
#[derive(Debug)]
pub(crate) struct Attack {
    /// The file's name without its ending, which is what the plugin is called.
    pub(crate) name: String,
    pub(crate) header: Header,
    /// The module, with a manifest where the header has permissions.
    pub(crate) bytes: Vec<u8>,
    pub(crate) stage: Stage,
}

impl Attack {
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        Self::of(&part(file.file_stem()), &part(file.extension()), &text)
    }

    pub(crate) fn of(name: &str, extension: &str, text: &str) -> Result<Self, String> {
        let stage = Stage::set_up(text).map_err(|error| format!("its stage cannot be set up: {error}"))?;
        let header = Header::read(text, &stage)?;
        let mut bytes = match &header.skeleton {
            Some(skeleton) => assemble(&skeleton::named(skeleton)?)?,
            None => bytes_of(extension, text)?,
        };
        if let Some(cut) = header.cut {
            bytes.truncate(cut);
        }
        if !header.asks.is_empty() {
            let permissions = header.asks.join(",");
            let manifest = format!(r#"{{"name":"{name}","version":"1.0.0","permissions":[{permissions}]}}"#);
            append_custom_section(&mut bytes, manifest::SECTION, manifest.as_bytes());
        }
        Ok(Self { name: name.to_owned(), header, bytes, stage })
    }

    /// What is granted to it.
    pub(crate) fn granted(&self) -> Result<Vec<Permission>, String> {
        let read = |line: &String| {
            serde_json::from_str(line).map_err(|error| format!("{line} is no permission: {error}"))
        };
        let lines = if self.header.granted_all { &self.header.asks } else { &self.header.grants };
        lines.iter().map(read).collect()
    }
}

/// The files of the corpus. With `DRIFTLESS_HOSTILE=name`, only those that have this in their names.
pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driftless-sandbox/tests/hostile");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name != "README.md"))
        // Permissions for files are about paths that begin with `/`.
        .filter(|path| cfg!(unix) || !fs::read_to_string(path).unwrap().contains("$DIR"))
        .collect();
    files.sort();
    assert!(files.len() >= 550, "the corpus has {} files only", files.len());
    if let Ok(part) = std::env::var("DRIFTLESS_HOSTILE") {
        files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(&part)));
    }
    files
}

/// A plugin that does nothing wrong.
pub(crate) const HARMLESS: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0x10_0000_0014))"#;

/// The number that the error about a limit has to name.
pub(crate) fn allowed(limits: &Limits, limit: Limit) -> u64 {
    match limit {
        Limit::Memory => limits.memory as u64,
        Limit::Fuel => limits.fuel,
        Limit::Time => limits.time.as_millis() as u64,
        Limit::Stack => limits.stack as u64,
        Limit::Output => limits.output as u64,
        Limit::Table => limits.table_elements as u64,
        Limit::Instances => limits.instances.into(),
        Limit::Log => limits.log as u64,
        Limit::CompileTime => limits.compile_time.as_millis() as u64,
    }
}

pub(crate) fn contains_all(says: &str, texts: &[String]) -> Result<(), String> {
    match texts.iter().find(|text| !says.contains(*text)) {
        None => Ok(()),
        Some(text) => Err(format!("`{says}` does not contain `{text}`")),
    }
}

pub(crate) fn assemble(text: &str) -> Result<Vec<u8>, String> {
    wat::parse_str(text).map_err(|error| error.to_string())
}

fn bytes_of(extension: &str, text: &str) -> Result<Vec<u8>, String> {
    let text = expand(text)?;
    match extension {
        "wat" => assemble(&text),
        "hex" => hex(&text),
        _ => Err("a file of the corpus ends in .wat or .hex".to_owned()),
    }
}

/// Replaces the lines `;; repeat 3: text {n}` by as many copies, with the number of each.
fn expand(text: &str) -> Result<String, String> {
    let mut expanded = String::new();
    for line in text.lines() {
        if let Some(repeated) = line.trim_start().strip_prefix(";; repeat ") {
            let (count, body) = repeated.split_once(": ").ok_or("`repeat` has no text")?;
            let count: usize = count.parse().map_err(|_| "`repeat` takes a number")?;
            for number in 0..count {
                expanded.push_str(&body.replace("{n}", &number.to_string()));
                expanded.push('\n');
            }
        } else {
            writeln!(expanded, "{line}").unwrap();
        }
    }
    Ok(expanded)
}

/// Bytes in hexadecimal, `00*9` for nine of them, texts in quotes, and `;;` before a comment.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for line in text.lines() {
        let line = line.split(";;").next().unwrap_or_default().trim();
        if line.starts_with('"') {
            let text: String = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            bytes.extend_from_slice(text.as_bytes());
            continue;
        }
        for byte in line.split_whitespace() {
            let (byte, times) = byte.split_once('*').unwrap_or((byte, "1"));
            let value = u8::from_str_radix(byte, 16).map_err(|_| format!("`{byte}` is no byte"))?;
            let times: usize = times.parse().map_err(|_| format!("`{times}` is no number"))?;
            bytes.resize(bytes.len() + times, value);
        }
    }
    Ok(bytes)
}

fn append_custom_section(module: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut section = Vec::new();
    leb128(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(contents);
    module.push(0);
    leb128(module, section.len());
    module.extend_from_slice(&section);
}

fn leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
