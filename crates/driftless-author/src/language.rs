//! The languages that plugins are written in.

use std::fmt;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Rust: `Cargo.toml`.
    Rust,
    /// JavaScript: `package.json`.
    JavaScript,
    /// TypeScript: `package.json`, and an entry that ends in `.ts`.
    TypeScript,
    /// Python: `pyproject.toml`.
    Python,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::Rust, Self::JavaScript, Self::TypeScript, Self::Python];

    /// How it is called on the command line.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::TypeScript => "ts",
            Self::Python => "python",
        }
    }

    /// The language that is called this on the command line.
    ///
    /// ```
    /// use driftless_author::Language;
    ///
    /// assert_eq!(Language::named("ts"), Some(Language::TypeScript));
    /// assert_eq!(Language::named("cobol"), None);
    /// ```
    pub fn named(flag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.flag() == flag)
    }

    /// The file that describes a project in it.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::JavaScript | Self::TypeScript => "package.json",
            Self::Python => "pyproject.toml",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
        })
    }
}
