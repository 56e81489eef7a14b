//! Messages that the book quotes: whether anything here says them.

use std::fs;

use anyhow::Result;

use super::blocks::{How, Page};
use crate::run::root;

/// All that the crates and packages say, and all that their tests expect.
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn read() -> Result<Self> {
        let mut texts = Vec::new();
        let mut folders = vec![root().join("crates"), root().join("packages")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    // What was installed there says nothing of ours.
                    if path.file_name().is_none_or(|name| name != "node_modules") {
                        folders.push(path);
                    }
                    continue;
                }
                let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
                if ["rs", "toml", "mjs", "js", "py"].contains(&ending) {
                    texts.push(plain(&String::from_utf8_lossy(&fs::read(&path)?)));
                }
            }
        }
        Ok(Self(texts))
    }

    /// The lines of a page that nothing says, each with its number in front.
    pub(super) fn check(&self, page: &Page) -> Vec<String> {
        let mut complaints = Vec::new();
        for block in page.blocks.iter().filter(|block| block.how == How::Said) {
            for (at, line) in block.text.lines().enumerate() {
                if !self.0.iter().any(|text| says(text, line)) {
                    complaints.push(format!("{}: nothing here says `{line}`", block.line + 1 + at));
                }
            }
        }
        complaints
    }
}

/// A source as its messages read: without the `\` of quotes, and of lines that go on.
fn plain(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').map_or(rest, str::trim_start);
    }
    text + rest
}

/// Whether a text has a line in which `[..]` stands for anything that is not long.
fn says(text: &str, line: &str) -> bool {
    const FAR: usize = 120;
    let mut parts = line.split("[..]");
    let first = parts.next().unwrap_or_default();
    let others: Vec<&str> = parts.collect();
    text.match_indices(first).any(|(at, _)| {
        let mut from = at + first.len();
        others.iter().all(|part| {
            let to = text.floor_char_boundary(from + part.len() + FAR);
            match text[from..to].find(part) {
                Some(found) => {
                    from += found + part.len();
                    true
                }
                None => false,
            }
        })
    })
}
