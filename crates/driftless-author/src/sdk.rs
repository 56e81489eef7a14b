//! What this command brings along for authors: the SDKs, and scripts that run in their languages.
//!
//! All of it goes into the folder [`WORK`] of the project when it is made and whenever it is built, so that a project always meets the SDK that
//! belongs to its `driftless`. Nothing in that folder is the author's.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::crate_manifest::standalone;
use crate::error::AuthorError;
use crate::language::Language;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The folder of a project that belongs to `driftless`.
pub(crate) const WORK: &str = ".driftless";

/// Where the crate `plugin-sdk` is in a project in Rust.
pub(crate) const PLUGIN_SDK: &str = ".driftless/sdk/rust/plugin-sdk";

/// The folders of the SDKs, in [`WORK`].
const SDK: &str = "sdk";
const SDKS: [&str; 3] = ["rust", "javascript", "python"];

/// Scripts, by the name that they get in [`WORK`].
static NODE_SCRIPTS: [(&str, &str); 6] = [
    ("build.mjs", include_str!("../scripts/build.mjs")),
    ("loading.mjs", include_str!("../scripts/loading.mjs")),
    ("register.mjs", include_str!("../scripts/register.mjs")),
    ("resolve.mjs", include_str!("../scripts/resolve.mjs")),
    ("search.mjs", include_str!("../scripts/search.mjs")),
    ("snapshot.mjs", include_str!("../scripts/snapshot.mjs")),
];
static PYTHON_SCRIPTS: [(&str, &str); 1] = [("describe.py", include_str!("../scripts/describe.py"))];

/// Files: a path and a text for each.
type Texts = &'static [(&'static str, &'static str)];

/// What was unpacked.
pub(crate) struct Unpacked {
    /// The folder of the project that belongs to `driftless`.
    pub(crate) work: PathBuf,
    /// The folder of the SDK.
    pub(crate) sdk: PathBuf,
}

/// What [`WORK`] has in it so that git leaves it out, and by which it is known to be made here.
const MARK: (&str, &str) = (".gitignore", "*\n");

/// Unpacks what a language needs.
///
/// A project may be a stranger's, so no link in it is followed, and nothing is removed that was not made here. What is there already stays as it is:
/// cargo compiles anew what has another time of modification.
pub(crate) fn unpack(folder: &Path, language: Language) -> Result<Unpacked, AuthorError> {
    let work = folder.join(WORK);
    let (name, files, scripts): (_, Texts, Texts) = match language {
        Language::Rust => (SDKS[0], RUST, &[]),
        Language::JavaScript | Language::TypeScript => (SDKS[1], JAVASCRIPT, &NODE_SCRIPTS),
        Language::Python => (SDKS[2], PYTHON, &PYTHON_SCRIPTS),
    };
    let all = work.join(SDK);
    let sdk = all.join(name);
    make_folder(&work)?;
    let was_there = was_made_here(&all)?;
    // What the last build made could be links by now.
    remove_folder(&work.join("build"))?;
    if was_there {
        // Of another version there may be files that this one has no more.
        keep_only(&all, &files.iter().map(|(path, _)| sdk.join(path)).collect())?;
    }
    write(&work.join(MARK.0), MARK.1)?;
    for (path, text) in files {
        write(&sdk.join(path), text_of(language, path, text).as_bytes())?;
    }
    for (path, text) in scripts {
        write(&work.join(path), text)?;
    }
    Ok(Unpacked { work, sdk })
}

/// What a file of an SDK says in a project.
fn text_of(language: Language, path: &str, text: &'static str) -> Cow<'static, str> {
    match language {
        Language::Rust if path.ends_with("Cargo.toml") => standalone(text, WORKSPACE).into(),
        _ => text.into(),
    }
}

/// Writes a file in [`WORK`], with the folders that it is in, unless it says this already. One that is there goes: it may be a link, or have
/// another name elsewhere.
pub(crate) fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<(), AuthorError> {
    let contents = contents.as_ref();
    make_folder(path.parent().unwrap_or(Path::new(".")))?;
    if says(path, contents) {
        return Ok(());
    }
    create_anew(path, contents).map_err(|error| AuthorError::file(path, error))
}

/// Whether this is a file, and no link to one, with these contents.
fn says(path: &Path, contents: &[u8]) -> bool {
    let length = contents.len() as u64;
    let is_as_long = |there: fs::Metadata| there.is_file() && there.len() == length;
    fs::symlink_metadata(path).is_ok_and(is_as_long)
        && driftless_files::read_regular(path, length).is_ok_and(|there| there == contents)
}

/// Writes a file in the place of whatever is there under its name.
pub(crate) fn create_anew(path: &Path, contents: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::File::create_new(path)?.write_all(contents)
}

/// Makes a folder in [`WORK`], or that folder itself, with those that it is in. Each is a folder, and no link to one.
pub(crate) fn make_folder(path: &Path) -> Result<(), AuthorError> {
    if path.file_name().is_none_or(|name| name != WORK)
        && let Some(above) = path.parent()
    {
        make_folder(above)?;
    }
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => Ok(()),
        Ok(_) => Err(AuthorError::file(path, io::Error::other(NO_FOLDER))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir(path).map_err(|error| AuthorError::file(path, error))
        }
        Err(error) => Err(AuthorError::file(path, error)),
    }
}

const NO_FOLDER: &str = "it is no folder of this project, where `driftless` could keep its files; remove it";

/// Whether there is this folder of [`WORK`].
///
/// # Errors
///
/// When something else is there, or what was not made here.
fn was_made_here(path: &Path) -> Result<bool, AuthorError> {
    let failed = |error| AuthorError::file(path, error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
        Ok(there) if !there.is_dir() => return Err(failed(io::Error::other(NO_FOLDER))),
        Ok(_) => {}
    }
    let mark = path.with_file_name(MARK.0);
    if !says(&mark, MARK.1.as_bytes()) {
        let why = "`driftless` would replace this folder, and did not make it; move it away";
        return Err(failed(io::Error::other(why)));
    }
    Ok(true)
}

/// Removes a folder of [`WORK`] that was made here.
fn remove_folder(path: &Path) -> Result<(), AuthorError> {
    if was_made_here(path)? {
        // Links in it are removed, and not followed.
        fs::remove_dir_all(path).map_err(|error| AuthorError::file(path, error))?;
    }
    Ok(())
}

/// Removes from the folder of the SDKs what is neither one of these files nor an SDK of another language.
fn keep_only(sdks: &Path, files: &BTreeSet<PathBuf>) -> Result<(), AuthorError> {
    let failed = |error| AuthorError::file(sdks, error);
    for entry in fs::read_dir(sdks).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_of_files = files.iter().any(|file| file.starts_with(&path));
        let is_another = SDKS.iter().any(|name| entry.file_name() == *name) && !is_of_files;
        if !(is_another && entry.file_type().map_err(failed)?.is_dir()) {
            keep_if_among(&path, files)?;
        }
    }
    Ok(())
}

/// Removes a file or a folder, but for these files. A link is removed, and not followed.
fn keep_if_among(path: &Path, files: &BTreeSet<PathBuf>) -> Result<(), AuthorError> {
    let failed = |error| AuthorError::file(path, error);
    let is_folder = fs::symlink_metadata(path).map_err(failed)?.is_dir();
    if !is_folder {
        return if files.contains(path) { Ok(()) } else { fs::remove_file(path).map_err(failed) };
    }
    if files.contains(path) || !files.iter().any(|file| file.starts_with(path)) {
        return fs::remove_dir_all(path).map_err(failed);
    }
    for entry in fs::read_dir(path).map_err(failed)? {
        keep_if_among(&entry.map_err(failed)?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(project: &Path) -> Result<(), String> {
        unpack(project, Language::JavaScript).map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_unpacked_again_and_again() {
        let project = tempfile::tempdir().unwrap();
        unpacked(project.path()).unwrap();
        let sdk = project.path().join(".driftless/sdk");
        fs::write(sdk.join("of-another-version.js"), "").unwrap();
        unpacked(project.path()).unwrap();
        assert!(!sdk.join("of-another-version.js").exists());
        assert!(sdk.join("javascript/package.json").is_file());
    }

    #[test]
    fn what_is_the_same_stays_as_it_is() {
        let project = tempfile::tempdir().unwrap();
        unpack(project.path(), Language::Rust).unwrap();
        unpacked(project.path()).unwrap();
        let sdk = project.path().join(".driftless/sdk/rust/plugin-sdk");
        let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let kept = [sdk.join("Cargo.toml"), sdk.join("src/lib.rs")];
        for file in &kept {
            fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
        }
        fs::write(sdk.join("src/error.rs"), "of another version").unwrap();
        fs::create_dir(sdk.join("src/of-another-version")).unwrap();
        fs::remove_file(sdk.join("src/text.rs")).unwrap();
        fs::create_dir(sdk.join("src/text.rs")).unwrap();
        unpacked(project.path()).unwrap();
        unpack(project.path(), Language::Rust).unwrap();
        for file in &kept {
            assert_eq!(fs::metadata(file).unwrap().modified().unwrap(), long_ago, "{}", file.display());
        }
        assert!(fs::read_to_string(sdk.join("src/error.rs")).unwrap().contains("pub struct Error"));
        assert!(!sdk.join("src/of-another-version").exists());
        assert!(sdk.join("src/text.rs").is_file());
        assert!(project.path().join(".driftless/sdk/javascript/package.json").is_file(), "another SDK stays");
    }

    #[cfg(unix)]
    #[test]
    fn a_mark_without_an_end_is_none() {
        let within = tempfile::tempdir().unwrap();
        let (project, fine) = (within.path().join("project"), within.path().join("fine"));
        fs::create_dir_all(project.join(".driftless/sdk")).unwrap();
        fs::write(&fine, MARK.1).unwrap();
        let mark = project.join(".driftless/.gitignore");
        // What a link leads to says nothing of this folder, and a device or a pipe has no end.
        for target in [Path::new("/dev/zero"), &fine] {
            std::os::unix::fs::symlink(target, &mark).unwrap();
            let error = unpacked(&project).unwrap_err();
            assert!(error.ends_with("did not make it; move it away"), "{error}");
            fs::remove_file(&mark).unwrap();
        }
        let made = std::process::Command::new("mkfifo").arg(&mark).status().unwrap();
        assert!(made.success());
        assert!(unpacked(&project).is_err());
    }

    #[test]
    fn what_was_not_made_here_is_not_removed() {
        let project = tempfile::tempdir().unwrap();
        fs::create_dir_all(project.path().join(".driftless/sdk")).unwrap();
        fs::write(project.path().join(".driftless/sdk/precious"), "").unwrap();
        let error = unpacked(project.path()).unwrap_err();
        assert!(error.ends_with("did not make it; move it away"), "{error}");
        assert!(project.path().join(".driftless/sdk/precious").is_file());
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_out_of_the_project() {
        use std::os::unix::fs::symlink;

        let within = tempfile::tempdir().unwrap();
        let (project, elsewhere) = (within.path().join("project"), within.path().join("elsewhere"));
        let precious = || {
            for path in ["sdk/data", "build/plugin.wasm", "build.mjs"] {
                assert_eq!(fs::read_to_string(elsewhere.join(path)).unwrap(), "precious", "{path}");
            }
            assert!(!elsewhere.join(".gitignore").exists());
        };
        for path in ["sdk/data", "build/plugin.wasm", "build.mjs"] {
            fs::create_dir_all(elsewhere.join(path).parent().unwrap()).unwrap();
            fs::write(elsewhere.join(path), "precious").unwrap();
        }
        fs::create_dir(&project).unwrap();
        let work = project.join(".driftless");

        symlink(&elsewhere, &work).unwrap();
        let error = unpacked(&project).unwrap_err();
        assert!(error.ends_with("could keep its files; remove it"), "{error}");
        precious();

        fs::remove_file(&work).unwrap();
        unpacked(&project).unwrap();
        for folder in ["sdk", "build"] {
            let _ = fs::remove_dir_all(work.join(folder));
            symlink(elsewhere.join(folder), work.join(folder)).unwrap();
            assert!(unpacked(&project).is_err(), "{folder}");
            fs::remove_file(work.join(folder)).unwrap();
        }
        precious();

        // Files that are links, and files with another name elsewhere.
        fs::create_dir_all(work.join("build")).unwrap();
        symlink(elsewhere.join("build/plugin.wasm"), work.join("build/plugin.wasm")).unwrap();
        fs::remove_file(work.join("build.mjs")).unwrap();
        symlink(elsewhere.join("build.mjs"), work.join("build.mjs")).unwrap();
        unpacked(&project).unwrap();
        assert!(!work.join("build/plugin.wasm").exists());
        assert!(fs::symlink_metadata(work.join("build.mjs")).unwrap().is_file());
        precious();
        fs::remove_file(work.join("sdk/javascript/package.json")).unwrap();
        symlink(elsewhere.join("sdk/data"), work.join("sdk/javascript/package.json")).unwrap();
        fs::rename(work.join("sdk/javascript/src"), work.join("moved")).unwrap();
        symlink(elsewhere.join("sdk"), work.join("sdk/javascript/src")).unwrap();
        unpacked(&project).unwrap();
        assert!(fs::symlink_metadata(work.join("sdk/javascript/package.json")).unwrap().is_file());
        assert!(fs::symlink_metadata(work.join("sdk/javascript/src")).unwrap().is_dir());
        precious();
        fs::remove_file(work.join("build.mjs")).unwrap();
        fs::hard_link(elsewhere.join("build.mjs"), work.join("build.mjs")).unwrap();
        unpacked(&project).unwrap();
        precious();
    }
}
