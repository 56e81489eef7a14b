//! `cargo xtask book`: the book in `docs/`, with every block of code in it compiled or run.
//!
//! What becomes of a block depends on its language:
//!
//! | language | is checked by |
//! |---|---|
//! | `console` | a session of bash for each page: lines behind `$ ` are run, and what they print is compared |
//! | `rust` | one crate of all blocks, compiled and tested against `plugin-sdk` |
//! | `js`, `python` | running it against the SDK |
//! | `json`, `yaml`, `toml` | reading it |
//! | `ts`, `jinja`, `wit` | only as a file, or out of one |
//! | `text` | nothing: it is no code |
//!
//! Behind the language stands what else is done with it: `file=PATH` puts it into the page's folder, where commands find it; `from=PATH` says that a
//! file there has it; `settings`, `grants` and `tasks` give it to the command; `said` holds its lines against what the code says. A block that is an include of mdBook is out of a file that is
//! compiled or tested where it lies. A comment `<!-- book: norun: WHY -->` says why the next block is not run.

mod blocks;
mod rust;
mod said;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};

use crate::run::{command, root, run, say};
use crate::tools;
use blocks::Page;

/// Checks every block, and makes the book.
pub(crate) fn build() -> Result<()> {
    let mdbook = tools::MDBOOK.get()?;
    tools::WASM_BINDGEN.get()?;
    check(&[])?;
    run(command(mdbook).args(["build", "docs", "--dest-dir"]).arg(target().join("html")))
}

/// Checks the pages whose name contains one of these, or all.
pub(crate) fn check(names: &[String]) -> Result<()> {
    let pages = pages(names)?;
    if pages.is_empty() {
        bail!("there is no page with one of {names:?} in its name");
    }
    let complaints = Mutex::new(Vec::new());
    let complain = |page: &Path, found: Vec<String>| {
        let page = page.strip_prefix(root()).unwrap_or(page).display().to_string();
        complaints
            .lock()
            .expect("no thread panics")
            .extend(found.into_iter().map(|what| format!("{page}:{what}")));
    };
    for page in &pages {
        complain(&page.path, page.complaints.clone());
    }
    let said = said::Words::read()?;
    for page in &pages {
        complain(&page.path, said.check(page));
    }
    rust::check(&pages)?;
    // Pages of languages whose plugins have an interpreter inside take longest, so they come first.
    let mut pages = pages;
    pages.sort_by_key(|page| !session::needs_others(page));
    // Two at a time: half of what they do is waiting for a network or for compilers, which have threads of their own.
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = session::check(page).unwrap_or_else(|error| vec![format!(" {error:#}")]);
                    complain(&page.path, found);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no thread panics");
    let blocks: usize = pages.iter().map(|page| page.blocks.len()).sum();
    if complaints.is_empty() {
        say(&format!("{blocks} blocks on {} pages hold", pages.len()));
        return Ok(());
    }
    bail!("the book says what does not hold:\n{}", complaints.join("\n"));
}

/// Where everything of the book is made.
fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("book")
}

/// The pages of the book, read.
fn pages(names: &[String]) -> Result<Vec<Page>> {
    let source = root().join("docs").join("src");
    let mut files = Vec::new();
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    let wanted = |file: &PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        names.is_empty() || names.iter().any(|wanted| name == *wanted)
    };
    files.into_iter().filter(wanted).map(|file| Page::read(&file)).collect()
}
