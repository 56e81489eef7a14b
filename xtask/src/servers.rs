//! The servers and programs that tests talk to and that are no part of Rust: packages of Debian, and moto, which answers as S3 does.
//!
//! Where one is missing its tests are left out, which is said. In CI nothing is left out.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{command, heading, is_ci, root, run, say};
use crate::toolchains;

/// A package of Debian, and the program in it that tests run.
struct Package {
    name: &'static str,
    program: &'static str,
    /// What systemd begins when it is installed.
    service: Option<&'static str>,
}

const PACKAGES: [Package; 4] = [
    // An OCI registry, and what reads from it independently of us.
    Package { name: "docker-registry", program: "docker-registry", service: Some("docker-registry.service") },
    Package { name: "skopeo", program: "skopeo", service: None },
    // Serves a registry's folder.
    Package { name: "nginx", program: "nginx", service: Some("nginx.service") },
    // Checks and makes signatures, and is none of ours.
    Package { name: "minisign", program: "minisign", service: None },
];

/// The version of moto, of which the server for S3 is a part. The tests were written for it.
const MOTO: &str = "5.2.5";

/// The virtual environment that it is in. The tests look for it there.
const MOTO_VENV: &str = "target/moto-venv";

/// Installs what is missing.
pub(crate) fn install() -> Result<()> {
    packages()?;
    moto()
}

fn packages() -> Result<()> {
    let missing: Vec<&Package> = PACKAGES.iter().filter(|package| !is_program(package.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let listed = names.join(" ");
    if is_root() && is_program("apt-get") {
        // Another process may be at it.
        let apt = || {
            let mut apt = command("apt-get");
            apt.args(["-o", "DPkg::Lock::Timeout=300", "-qq"]).env("DEBIAN_FRONTEND", "noninteractive");
            apt
        };
        run(apt().arg("update"))?;
        run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&names))
            .with_context(|| format!("installing the packages {listed}"))?;
        return end_services(&missing);
    }
    let advice = format!("install it: apt-get install {listed}");
    if is_ci() {
        bail!("not installed: {listed}, and in CI nothing is left out; {advice}");
    }
    heading("SKIPPED: tests that talk to servers");
    say(&format!("   not installed: {listed}; {advice}"));
    Ok(())
}

/// Tests begin servers of their own. The one that a package brings would listen for nothing.
fn end_services(packages: &[&Package]) -> Result<()> {
    if Path::new("/run/systemd/system").is_dir() {
        for service in packages.iter().filter_map(|package| package.service) {
            run(command("systemctl").args(["disable", "--now", service]))?;
        }
    }
    Ok(())
}

fn moto() -> Result<()> {
    if !toolchains::python("the tests of registries in buckets")? {
        return Ok(());
    }
    let python = root().join(MOTO_VENV).join("bin/python");
    let version = "from importlib.metadata import version; print(version('moto'))";
    let installed = Command::new(&python).args(["-c", version]).output();
    if installed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == MOTO) {
        return Ok(());
    }
    run(command("python3").args(["-m", "venv", MOTO_VENV]))?;
    let package = format!("moto[s3,server]=={MOTO}");
    run(command(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package]))
}

/// Whether a program is in one of the folders of `PATH`, or in one in which Debian puts servers.
fn is_program(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(Into::into))
        .any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output();
    Path::new("/etc/debian_version").exists() && uid.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
