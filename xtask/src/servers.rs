//! Servers and clients of others, which tests hold ours against: the packages that Debian has of them.
//!
//! On a machine without them their tests are left out, which is said. In CI nothing is left out.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::run::{command, heading, is_ci, output, run, say};

/// A package of Debian.
struct Package {
    name: &'static str,
    /// The program in it.
    program: &'static str,
    /// What systemd begins when it is installed.
    service: Option<&'static str>,
}

/// An OCI registry, and what reads from it independently of us.
const PACKAGES: [Package; 2] = [
    Package { name: "docker-registry", program: "docker-registry", service: Some("docker-registry.service") },
    Package { name: "skopeo", program: "skopeo", service: None },
];

/// Installs what is missing, as root. As another user it says what to type, or fails in CI.
pub(crate) fn install() -> Result<()> {
    let missing: Vec<&Package> = PACKAGES.iter().filter(|package| !is_there(package.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let by_hand = format!("apt-get install {}", names.join(" "));
    let why = match command("apt-get").arg("--version").stdout(Stdio::null()).status() {
        Err(_) => "this system has no apt-get".to_owned(),
        Ok(_) if !is_root() => "it takes root to install them".to_owned(),
        Ok(_) => return install_packages(&missing, &names),
    };
    if is_ci() {
        bail!("{} are missing, and in CI nothing is left out; {why}: {by_hand}", names.join(" and "));
    }
    heading(&format!("SKIPPED: the tests with {}", names.join(" and ")));
    say(&format!("   they are not installed, and {why}: {by_hand}"));
    Ok(())
}

fn install_packages(packages: &[&Package], names: &[&str]) -> Result<()> {
    let apt = || {
        let mut apt = command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
        apt
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(names))?;
    // Tests begin servers of their own. The one that a package brings would listen for nothing.
    if Path::new("/run/systemd/system").is_dir() {
        for service in packages.iter().filter_map(|package| package.service) {
            run(command("systemctl").args(["disable", "--now", service]))?;
        }
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok()
}

fn is_root() -> bool {
    output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
