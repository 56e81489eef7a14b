//! The files of a crate mention each other without circles, so that each can be read after those that it rests on.
//!
//! A module and its own submodules are one: they may use each other. So a circle is told where it leads over a file that is not below the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::modules::{Arrow, Modules, Name};

/// Circles that are still there: a crate, and the files that mention each other, by their path below `src/`. A circle that is not here fails, and
/// one that is gone fails as long as it stands here: the list gets shorter and not longer.
pub(super) const KNOWN: [(&str, &[&str]); 0] = [];

/// Holds the libraries and programs of a workspace against the circles that are known. Returns what is wrong.
pub(super) fn check(known: &[(&str, &[&str])], root: &Path, metadata: &Value) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut still_there = BTreeSet::new();
    for package in metadata["packages"].as_array().context("cargo metadata has packages")? {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        if !metadata["workspace_members"].as_array().is_some_and(|ids| ids.contains(&package["id"])) {
            continue;
        }
        let name = package["name"].as_str().context("a package has a name")?;
        let folder = manifest.parent().unwrap_or(root);
        for target in package["targets"].as_array().context("a package has targets")? {
            let kinds = target["kind"].as_array().context("a target has a kind")?;
            if kinds
                .iter()
                .any(|kind| ["test", "bench", "example", "custom-build"].iter().any(|no| kind == no))
            {
                continue;
            }
            let source = Path::new(target["src_path"].as_str().context("a target has a file")?);
            let source = source.strip_prefix(root).map_or(source.to_owned(), |path| root.join(path));
            let modules = Modules::read(&source)?;
            let arrows = modules.arrows();
            for circle in circles(&arrows, &modules.files()) {
                let short: Vec<String> = circle.iter().map(|file| below(file, &folder.join("src"))).collect();
                let is_known = known.iter().find(|(of, files)| *of == name && **files == short);
                match is_known {
                    Some(known) => drop(still_there.insert(known)),
                    None => complaints.push(described(name, &circle, &arrows, folder)),
                }
            }
        }
    }
    complaints.extend(known.iter().filter(|known| !still_there.contains(known)).map(|(name, files)| {
        format!(
            "{name}: the circle of {} is gone, or is another: take it out of the list in xtask/src/tidy/circles.rs",
            files.join(", ")
        )
    }));
    Ok(complaints)
}

/// The circles: each as all files from each of which every other can be reached, in order.
fn circles(arrows: &[Arrow], modules: &BTreeMap<&Path, &Name>) -> Vec<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting: Vec<BTreeSet<&Path>> = vec![modules.keys().copied().collect()];
    while let Some(files) = waiting.pop() {
        for circle in connected(&files, arrows) {
            let top = circle
                .iter()
                .copied()
                .find(|file| circle.iter().all(|other| modules[other].starts_with(modules[file].as_slice())));
            match top {
                // Without the module that the others are in, some of them may still make a circle.
                Some(top) => waiting.push(circle.into_iter().filter(|file| *file != top).collect()),
                None => found.push(circle.into_iter().map(Path::to_owned).collect()),
            }
        }
    }
    found.sort();
    found
}

/// The strongly connected components of more than one file, among these files.
fn connected<'a>(files: &BTreeSet<&'a Path>, arrows: &'a [Arrow]) -> BTreeSet<BTreeSet<&'a Path>> {
    let mut next: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for arrow in arrows {
        if files.contains(&*arrow.from) && files.contains(&*arrow.to) {
            next.entry(&arrow.from).or_default().push(&arrow.to);
        }
    }
    let reach = |start: &Path| {
        let mut reached = BTreeSet::new();
        let mut waiting = next.get(start).cloned().unwrap_or_default();
        while let Some(file) = waiting.pop() {
            if reached.insert(file) {
                waiting.extend(next.get(file).into_iter().flatten());
            }
        }
        reached
    };
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = next.keys().map(|file| (*file, reach(file))).collect();
    let with_itself = reached.iter().filter(|(file, others)| others.contains(*file));
    let both_ways = |file: &Path, other: &Path| reached.get(other).is_some_and(|back| back.contains(file));
    with_itself
        .map(|(file, others)| others.iter().copied().filter(|other| both_ways(file, other)).collect())
        .collect()
}

/// A circle, with one line for each arrow in it.
fn described(name: &str, circle: &[PathBuf], arrows: &[Arrow], folder: &Path) -> String {
    let mut text = format!("{name}: {} files mention each other in a circle:", circle.len());
    let inside = |arrow: &&Arrow| circle.contains(&arrow.from) && circle.contains(&arrow.to);
    for Arrow { from, to, line, path } in arrows.iter().filter(inside) {
        let (from, to) = (below(from, folder), below(to, folder));
        text.push_str(&format!("\n    {from}:{line} mentions {path}, which is in {to}"));
    }
    text
}

/// The path of a file below a folder, with `/` on every system.
fn below(file: &Path, folder: &Path) -> String {
    let short = file.strip_prefix(folder).unwrap_or(file);
    short.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    /// A workspace of one crate, `planted`, of these files.
    fn check_files(known: &[(&str, &[&str])], files: &[(&str, &str)]) -> Vec<String> {
        let folder = TempDir::new().unwrap();
        for (path, text) in files {
            let path = folder.path().join("src").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let package = json!({
            "id": "planted",
            "name": "planted",
            "manifest_path": folder.path().join("Cargo.toml"),
            "targets": [{"kind": ["lib"], "src_path": folder.path().join("src/lib.rs")}],
        });
        let metadata = json!({"packages": [package], "workspace_members": ["planted"]});
        check(known, folder.path(), &metadata).unwrap()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn a_planted_circle_fails() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B;\npub struct A(B);"),
            ("b.rs", "use crate::c;\npub struct B(c::C);"),
            ("c.rs", "pub struct C;\nimpl C {\n    fn a(&self) -> crate::a::A { loop {} }\n}"),
        ];
        assert_eq!(
            check_files(&[], &files),
            ["planted: 3 files mention each other in a circle:\
              \n    src/a.rs:1 mentions crate::b::B, which is in src/b.rs\
              \n    src/b.rs:2 mentions c::C, which is in src/c.rs\
              \n    src/c.rs:3 mentions crate::a::A, which is in src/a.rs"]
        );
    }

    #[test]
    fn a_circle_that_is_known_may_stay_and_has_to_be_taken_out_once_it_is_gone() {
        let files =
            |b| [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", b)];
        let (circle, mended) = (files("pub struct B(crate::a::A);"), files("pub struct B;"));
        let known: [(&str, &[&str]); 1] = [("planted", &["a.rs", "b.rs"])];
        assert_eq!(check_files(&known, &circle), NONE);
        let gone = "planted: the circle of a.rs, b.rs is gone, or is another: take it out of the list in \
                    xtask/src/tidy/circles.rs";
        assert_eq!(check_files(&known, &mended), [gone]);
        assert_eq!(check_files(&[], &mended), NONE);
        // One that has become larger is another.
        let larger = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "pub struct B(crate::c::C);"),
            ("c.rs", "pub struct C(crate::a::A);"),
        ];
        let found = check_files(&known, &larger);
        assert!(found[0].starts_with("planted: 3 files mention each other"), "{found:?}");
        assert_eq!(found[1], gone);
    }

    #[test]
    fn a_module_and_its_submodules_may_use_each_other() {
        let files = |inner| {
            [
                ("lib.rs", "mod outer; mod other;"),
                ("outer/mod.rs", "mod inner; pub use inner::Inner; pub struct Limit(inner::Inner);"),
                ("outer/inner.rs", inner),
                ("other.rs", "use crate::outer::Inner; pub struct Other;"),
            ]
        };
        assert_eq!(check_files(&[], &files("pub struct Inner(super::Limit);")), NONE);
        // This leads out of the one and back into the other.
        let found = check_files(&[], &files("pub struct Inner(crate::other::Other);"));
        assert!(found[0].starts_with("planted: 2 files"), "{found:?}");
    }

    #[test]
    fn a_circle_over_a_module_and_its_submodule_fails() {
        let files = |outer| {
            [
                ("lib.rs", "mod outer; mod other; pub const ALL: u8 = outer::LIMIT + other::LIMIT;"),
                ("outer/mod.rs", outer),
                ("outer/inner.rs", "pub const LIMIT: u8 = crate::other::LIMIT;"),
                ("other.rs", "pub const LIMIT: u8 = crate::outer::LIMIT;"),
            ]
        };
        let found = check_files(&[], &files("mod inner; pub const LIMIT: u8 = inner::LIMIT;"));
        assert!(found[0].starts_with("planted: 3 files"), "{found:?}");
        // What the module only exports is no part of what it needs itself.
        let exported = "mod inner; pub use inner::LIMIT as INNER; pub const LIMIT: u8 = 1;";
        assert_eq!(check_files(&[], &files(exported)), NONE);
    }

    #[test]
    fn what_is_exported_anew_is_where_it_is_defined() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;"),
            ("a.rs", "use crate::B; pub struct A(B);"),
            ("b.rs", "pub struct B;"),
        ];
        assert_eq!(check_files(&[], &files), NONE);
        let files = [files[0], files[1], ("b.rs", "pub struct B(Box<crate::A>);")];
        assert!(check_files(&[], &files)[0].contains("src/b.rs:1 mentions crate::A, which is in src/a.rs"));
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        for mention in [
            "fn f() { format!(\"{}\", super::a::NAME); }",
            "fn f() { use crate::a::{self, NAME}; }",
            "fn f<T: crate::a::Named>() {}",
            "use super::a as renamed; fn f() -> renamed::A { loop {} }",
            "pub use crate::a::*;",
            "struct S { field: super::super::b::super_a::A }",
            "mod inline { use super::super::a::A; }",
            "macro_rules! m { () => { $crate::a::NAME } }",
        ] {
            let b = format!("use crate::a as super_a; {mention}");
            let files = [
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", "pub const NAME: &str = crate::b::X; pub struct A; pub trait Named {}"),
                ("b.rs", &b),
            ];
            let nested = mention.contains("super::super::b");
            let found = check_files(&[], &files);
            assert_eq!(found.len(), usize::from(!nested), "{mention}: {found:?}");
        }
    }

    #[test]
    fn tests_may_mention_what_they_like() {
        for b in [
            "#[cfg(test)] mod tests { use crate::a::A; }",
            "#[cfg(test)] use crate::a::A;",
            "impl B { #[cfg(test)] fn f() -> crate::a::A { loop {} } fn g() {} }",
            "#[cfg(all(test, unix))] fn f() { crate::a::A; }",
        ] {
            let files =
                [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", b)];
            assert_eq!(check_files(&[], &files), NONE, "{b}");
        }
    }

    #[test]
    fn names_of_other_crates_are_no_arrows() {
        let files = [
            ("lib.rs", "mod error; mod a;"),
            (
                "a.rs",
                "use std::error::Error; pub struct A { error: Box<dyn Error> } fn f(a: &A) { a.error.source(); }",
            ),
            ("error.rs", "use crate::a::A; pub struct Error(A);"),
        ];
        assert_eq!(check_files(&[], &files), NONE);
    }
}
