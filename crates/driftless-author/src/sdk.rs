//! What this command brings along for authors: the SDKs of JavaScript and Python, and scripts that run in their languages.
//!
//! All of it goes into the folder [`WORK`] of the project when it is made and whenever it is built, so that a project always meets the SDK that
//! belongs to its `driftless`. Nothing in that folder is the author's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::language::Language;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The folder of a project that belongs to `driftless`.
pub(crate) const WORK: &str = ".driftless";

/// Scripts, by the name that they get in [`WORK`].
static NODE_SCRIPTS: [(&str, &str); 3] = [
    ("build.mjs", include_str!("../scripts/build.mjs")),
    ("register.mjs", include_str!("../scripts/register.mjs")),
    ("resolve.mjs", include_str!("../scripts/resolve.mjs")),
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

/// Unpacks what a language needs. Rust needs nothing: cargo finds the SDK.
pub(crate) fn unpack(folder: &Path, language: Language) -> Result<Unpacked, AuthorError> {
    let work = folder.join(WORK);
    let (name, files, scripts): (_, Texts, Texts) = match language {
        Language::Rust => ("", &[], &[]),
        Language::JavaScript | Language::TypeScript => ("javascript", JAVASCRIPT, &NODE_SCRIPTS),
        Language::Python => ("python", PYTHON, &PYTHON_SCRIPTS),
    };
    let sdk = work.join("sdk").join(name);
    // Of another version there may be files that this one has no more.
    match fs::remove_dir_all(work.join("sdk")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(AuthorError::file(&work, error));
        }
        _ => {}
    }
    for (path, text) in files {
        write(&sdk.join(path), text)?;
    }
    for (path, text) in scripts {
        write(&work.join(path), text)?;
    }
    write(&work.join(".gitignore"), "*\n")?;
    Ok(Unpacked { work, sdk })
}

/// Writes a file, with the folders that it is in.
pub(crate) fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<(), AuthorError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, contents))
        .map_err(|error| AuthorError::file(path, error))
}
