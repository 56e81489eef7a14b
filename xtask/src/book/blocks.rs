//! The blocks of code on a page, and what is said about them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::root;

/// A page of the book.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) blocks: Vec<Block>,
    /// What is wrong with its blocks already, each with its line in front.
    pub(crate) complaints: Vec<String>,
}

/// A block of code.
pub(crate) struct Block {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// What stands behind the language.
    pub(crate) how: How,
    /// Its contents, with includes filled in.
    pub(crate) text: String,
    /// Whether it is, as a whole, out of a file of this repository.
    pub(crate) is_included: bool,
}

/// What is done with a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// What its language says.
    Plain,
    /// It becomes this file in the page's folder.
    File(String),
    /// It is in this file in the page's folder.
    From(String),
    /// It is given to the command as a file of this kind: `settings`, `grants`, `tasks`.
    Command(String),
    /// Each line is something that the code, or an expected output in its tests, says.
    Said,
    /// Nothing, for a reason that is given.
    NotRun,
}

const LANGUAGES: [&str; 11] =
    ["console", "rust", "js", "ts", "python", "json", "yaml", "toml", "jinja", "wit", "text"];

/// Languages that nothing reads by itself.
const ONLY_FILES: [&str; 3] = ["ts", "jinja", "wit"];

impl Page {
    /// Reads a page.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let mut page = Self { path: path.to_owned(), blocks: Vec::new(), complaints: Vec::new() };
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        let mut not_run = false;
        let mut before = "";
        while let Some((number, line)) = lines.next() {
            let bare = line.trim_start();
            if let Some(comment) = bare.strip_prefix("<!-- book: ").and_then(|rest| rest.strip_suffix("-->"))
            {
                not_run = page.comment(number, comment.trim());
                continue;
            }
            if let Some(info) = bare.strip_prefix("```") {
                let indent = line.len() - bare.len();
                let mut inside = Vec::new();
                for (_, line) in lines.by_ref() {
                    if line.trim() == "```" {
                        break;
                    }
                    inside.push(line.get(indent..).unwrap_or_default());
                }
                if let Err(why) = page.block(number, info.trim(), &inside, not_run) {
                    page.complaints.push(format!("{number}: {why:#}"));
                }
                not_run = false;
            } else if line.starts_with("    ") && before.is_empty() {
                page.complaints
                    .push(format!("{number}: an indented block has no language; put it between ```"));
            }
            // What is indented below an item of a list is no block.
            before =
                if bare.is_empty() && !before.trim_start().starts_with(['-', '*', '1']) { "" } else { line };
        }
        Ok(page)
    }

    /// Takes what a comment says. Returns whether the next block is not to be run.
    fn comment(&mut self, line: usize, comment: &str) -> bool {
        match comment.split_once(' ') {
            Some(("norun:", why)) if !why.trim().is_empty() => true,
            _ => {
                self.complaints.push(format!("{line}: `{comment}` means nothing to the chore"));
                false
            }
        }
    }

    fn block(&mut self, line: usize, info: &str, inside: &[&str], not_run: bool) -> Result<()> {
        let (language, how) = info.split_once(',').map_or((info, ""), |(language, how)| (language, how));
        anyhow::ensure!(
            LANGUAGES.contains(&language),
            "a block is one of {}, and this is `{language}`",
            LANGUAGES.join(", ")
        );
        let how = match how.split_once('=') {
            _ if not_run => How::NotRun,
            None if how.is_empty() => How::Plain,
            Some(("file", path)) => How::File(path.to_owned()),
            Some(("from", path)) => How::From(path.to_owned()),
            None if how == "said" => How::Said,
            None if ["settings", "grants", "tasks"].contains(&how) => How::Command(how.to_owned()),
            _ => anyhow::bail!("`{how}` means nothing to the chore"),
        };
        let is_included = matches!(inside, [only] if only.trim().starts_with("{{#include "));
        let mut text = String::new();
        for line in inside {
            match line.trim().strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}")) {
                Some(what) => text.push_str(&included(&self.path, what.trim())?),
                None => {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
        if ONLY_FILES.contains(&language) && how == How::Plain && !is_included {
            anyhow::bail!("nothing checks a block of {language}; make it a file of the page, or an include");
        }
        read_as(language, &text)?;
        self.blocks.push(Block { line, language: language.to_owned(), how, text, is_included });
        Ok(())
    }
}

/// What mdBook puts in the place of `{{#include PATH}}`, `{{#include PATH:ANCHOR}}` and `{{#include PATH:FROM:TO}}`.
fn included(page: &Path, what: &str) -> Result<String> {
    let mut parts = what.split(':');
    let path = page.parent().unwrap_or(Path::new("")).join(parts.next().unwrap_or_default());
    let path = path.canonicalize().with_context(|| format!("the include {what} leads nowhere"))?;
    anyhow::ensure!(path.starts_with(root()), "the include {what} leads out of the repository");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let lines: Vec<&str> = text.lines().collect();
    let is_mark = |line: &str| line.contains("ANCHOR: ") || line.contains("ANCHOR_END: ");
    let chosen: Vec<&str> = match (parts.next(), parts.next()) {
        (None, _) => lines.iter().copied().filter(|line| !is_mark(line)).collect(),
        (Some(from), to) if from.is_empty() || from.parse::<usize>().is_ok() => {
            let from = from.parse::<usize>().unwrap_or(1);
            let to = to.map_or(from, |to| to.parse().unwrap_or(lines.len()));
            lines
                .get(from - 1..to.min(lines.len()))
                .with_context(|| format!("{what}: it has no such lines"))?
                .to_vec()
        }
        (Some(anchor), _) => {
            let at = |mark: &str| {
                let found = |line: &&str| {
                    line.split(mark).nth(1).is_some_and(|name| name.split_whitespace().next() == Some(anchor))
                };
                lines.iter().position(found).with_context(|| format!("{what}: there is no {mark}{anchor}"))
            };
            let (from, to) = (at("ANCHOR: ")?, at("ANCHOR_END: ")?);
            lines[from + 1..to].iter().copied().filter(|line| !is_mark(line)).collect()
        }
    };
    Ok(chosen.into_iter().flat_map(|line| [line, "\n"]).collect())
}

/// Reads what is data.
fn read_as(language: &str, text: &str) -> Result<()> {
    match language {
        "json" => {
            for value in serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>() {
                value?;
            }
        }
        "toml" => {
            toml::from_str::<toml::Table>(text)?;
        }
        "yaml" => {
            for document in text.split("\n---\n") {
                serde_saphyr::from_str::<serde_json::Value>(document)?;
            }
        }
        _ => {}
    }
    Ok(())
}
