//! The programs in Rust that the chores need beside cargo: taken from the `PATH`, or installed into `target/tools`, as prebuilt packages where
//! there are any, and else from source as quickly as that goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::run::{cargo, command, heading, root, run, say};

/// A program.
#[derive(Debug)]
pub(crate) struct Tool {
    /// The crate that it is in.
    package: &'static str,
    pub(crate) program: &'static str,
    version: &'static str,
    /// Whether the program has to be of that very version.
    exactly: bool,
    /// Whether `xtask/python/tools.txt` has it.
    prebuilt: bool,
    /// What of it is compiled.
    parts: &'static [&'static str],
}

/// Runs tests, each in a process of its own and as many at a time as there are cores. `.config/nextest.toml` says how.
pub(crate) const NEXTEST: Tool = Tool {
    package: "cargo-nextest",
    program: "cargo-nextest",
    version: "0.9.148",
    exactly: false,
    prebuilt: true,
    // Without what updates the program itself, and without probes.
    parts: &["--no-default-features"],
};

/// Checks licences, bans, sources and advisories. `deny.toml` is written for this version.
pub(crate) const DENY: Tool = Tool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: "0.20.2",
    exactly: false,
    prebuilt: true,
    parts: &[],
};

/// The plugins of this repository are written for this version: the program and the crate have to be of the same.
pub(crate) const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    program: "wasm-bindgen",
    version: "0.2.129",
    exactly: true,
    prebuilt: false,
    // Without TLS, for which only its runner of tests has a use.
    parts: &["--no-default-features", "--bin", "wasm-bindgen"],
};

/// Makes the book.
pub(crate) const MDBOOK: Tool = Tool {
    package: "mdbook",
    program: "mdbook",
    version: "0.5.4",
    exactly: true,
    prebuilt: false,
    // Without a server, and without what watches files.
    parts: &["--no-default-features", "--features", "search"],
};

/// Where everything is installed.
pub(crate) fn folder() -> PathBuf {
    root().join("target").join("tools")
}

impl Tool {
    /// The program, which is installed where it is missing.
    pub(crate) fn get(&self) -> Result<PathBuf> {
        let own = folder().join("bin").join(format!("{}{}", self.program, std::env::consts::EXE_SUFFIX));
        if let Some(found) = [PathBuf::from(self.program), own.clone()].into_iter().find(|path| self.is(path))
        {
            return Ok(found);
        }
        heading(&format!("{} {} is missing; installing it into target/tools", self.program, self.version));
        if self.prebuilt && install_prebuilt(&own).is_ok() && self.is(&own) {
            return Ok(own);
        }
        say(&format!("   compiling {} {}, which takes some minutes", self.package, self.version));
        let mut install = cargo();
        install
            .args(["install", self.package, "--version", self.version, "--locked", "--root"])
            .arg(folder());
        // It runs for seconds, so that optimising it takes longer than it saves.
        install
            .args(self.parts)
            .env("CARGO_TARGET_DIR", folder().join("build"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_PANIC", "unwind");
        run(&mut install)?;
        if !self.is(&own) {
            bail!("{} was installed, and does not run", self.program);
        }
        Ok(own)
    }

    /// Whether a program is this tool, in a version that will do.
    fn is(&self, program: &Path) -> bool {
        let asked = Command::new(program).arg("--version").stderr(Stdio::null()).output();
        asked.is_ok_and(|asked| {
            let words = String::from_utf8_lossy(&asked.stdout).into_owned();
            let is_version = |word: &str| word.trim_start_matches('v') == self.version;
            asked.status.success() && (!self.exactly || words.split_whitespace().any(is_version))
        })
    }
}

/// Installs all that others have built, and puts the program that is wanted to its place.
fn install_prebuilt(wanted: &Path) -> Result<()> {
    let environment = folder().join("python");
    let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let name = wanted.file_name().unwrap_or_default();
    if !programs.join(name).is_file() {
        run(command("python3").args(["-m", "venv"]).arg(&environment))?;
        run(command(programs.join("python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args(["--only-binary", ":all:", "--require-hashes", "-r", "xtask/python/tools.txt"]))?;
    }
    fs::create_dir_all(folder().join("bin"))?;
    fs::copy(programs.join(name), wanted)?;
    Ok(())
}
