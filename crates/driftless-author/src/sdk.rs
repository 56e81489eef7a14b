//! What this command brings along for authors: the SDKs of JavaScript and Python, and scripts that run in their languages.
//!
//! All of it goes into the folder [`WORK`] of the project when it is made and whenever it is built, so that a project always meets the SDK that
//! belongs to its `driftless`. Nothing in that folder is the author's.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::language::Language;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The folder of a project that belongs to `driftless`.
pub(crate) const WORK: &str = ".driftless";

/// Scripts, by the name that they get in [`WORK`].
static NODE_SCRIPTS: [(&str, &str); 5] = [
    ("build.mjs", include_str!("../scripts/build.mjs")),
    ("loading.mjs", include_str!("../scripts/loading.mjs")),
    ("register.mjs", include_str!("../scripts/register.mjs")),
    ("resolve.mjs", include_str!("../scripts/resolve.mjs")),
    ("search.mjs", include_str!("../scripts/search.mjs")),
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

/// Unpacks what a language needs. Rust needs nothing: cargo finds the SDK.
///
/// A project may be a stranger's, so no link in it is followed, and nothing is removed that was not made here.
pub(crate) fn unpack(folder: &Path, language: Language) -> Result<Unpacked, AuthorError> {
    let work = folder.join(WORK);
    let (name, files, scripts): (_, Texts, Texts) = match language {
        Language::Rust => ("", &[], &[]),
        Language::JavaScript | Language::TypeScript => ("javascript", JAVASCRIPT, &NODE_SCRIPTS),
        Language::Python => ("python", PYTHON, &PYTHON_SCRIPTS),
    };
    let sdk = work.join("sdk").join(name);
    make_folder(&work)?;
    // Of another version there may be files that this one has no more; and what the last build made could be links by now.
    for made in ["sdk", "build"] {
        remove_folder(&work.join(made))?;
    }
    write(&work.join(MARK.0), MARK.1)?;
    for (path, text) in files {
        write(&sdk.join(path), text)?;
    }
    for (path, text) in scripts {
        write(&work.join(path), text)?;
    }
    Ok(Unpacked { work, sdk })
}

/// Writes a file in [`WORK`], with the folders that it is in. One that is there goes: it may be a link, or have another name elsewhere.
pub(crate) fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<(), AuthorError> {
    make_folder(path.parent().unwrap_or(Path::new(".")))?;
    create_anew(path, contents.as_ref()).map_err(|error| AuthorError::file(path, error))
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

/// Removes a folder of [`WORK`] that was made here.
fn remove_folder(path: &Path) -> Result<(), AuthorError> {
    let failed = |error| AuthorError::file(path, error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(there) if !there.is_dir() => return Err(failed(io::Error::other(NO_FOLDER))),
        Ok(_) => {}
    }
    let mark = path.with_file_name(MARK.0);
    if !fs::read_to_string(mark).is_ok_and(|text| text == MARK.1) {
        let why = "`driftless` would replace this folder, and did not make it; move it away";
        return Err(failed(io::Error::other(why)));
    }
    // Links in it are removed, and not followed.
    fs::remove_dir_all(path).map_err(failed)
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
        fs::remove_file(work.join("build.mjs")).unwrap();
        fs::hard_link(elsewhere.join("build.mjs"), work.join("build.mjs")).unwrap();
        unpacked(&project).unwrap();
        precious();
    }
}
