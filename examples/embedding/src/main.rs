//! A program with plugins, from the first call to a plugin that is replaced while the program runs.
//!
//! `cargo run -p embedding -- PLUGIN NEXT`, see README.md.

mod inventory;
mod site;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, thread};

use driftless_builtin::BuiltIns;
use driftless_host::{
    CallOptions, CancelHandle, Embedded, Error, ErrorKind, Files, Grants, Limits, PluginManager,
};
use driftless_sandbox::Sandbox;
use driftless_templates::Templates;
use serde::{Deserialize, Serialize};

/// What the task `deploy` is given.
#[derive(Serialize)]
struct Target<'a> {
    host: &'a str,
}

/// What it returns.
#[derive(Deserialize)]
struct Deployed {
    message: String,
    team: String,
}

/// What the task `plan` returns.
#[derive(Deserialize)]
struct Plan {
    steps: Vec<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(plugin), Some(next)) = (arguments.next(), arguments.next()) else {
        return Err("say which two files: the plugin, and the one that replaces it".into());
    };

    println!("1. Nothing is granted that the user did not grant");
    let web1 = Target { host: "web1" };
    let manager = manager(&plugin, Grants::default())?;
    match manager.task("deploy.deploy", &web1)?.run_as::<Deployed>() {
        Ok(deployed) => return Err(format!("it was not granted, and {}", deployed.message).into()),
        Err(error) => println!("   {error}"),
    }

    println!("2. A struct in, a struct out, and what it used");
    let manager = self::manager(&plugin, granted(&manager)?)?;
    let task = manager.task("deploy.deploy", &web1)?;
    let done = task.run_as_with::<Deployed>(&CallOptions::default())?;
    println!("   {}, which belongs to {}", done.value.message, done.value.team);
    let usage = done.usage;
    println!(
        "   {} units of fuel, {} KiB of memory, {} host call, {:?}",
        usage.fuel.unwrap_or_default(),
        usage.memory.unwrap_or_default() / 1024,
        usage.host_calls,
        usage.wall_time
    );

    println!("3. A template, with a filter that is part of this program");
    let templates = Templates::new(&manager);
    let vars = serde_json::Map::from_iter([("team".to_owned(), done.value.team.into())]);
    println!("   {}", templates.render("page", "/teams/{{ team | slug }}", &vars)?);

    println!("4. A call that is ended by another thread");
    let cancel = CancelHandle::new();
    let waits = manager.task("deploy.wait", ())?;
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            cancel.cancel();
        });
        waits.run_with(&CallOptions::default().cancel(&cancel))
    });
    match ended {
        Err(error) if error.kind() == ErrorKind::Cancelled => println!("   {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("it waits for ever, and came back".into()),
    }

    println!("5. A plugin that is replaced on disk");
    let plan = || -> Result<String, Error> {
        Ok(manager.task("deploy.plan", ())?.run_as::<Plan>()?.steps.join(", "))
    };
    println!("   before: {}", plan()?);
    fs::copy(&next, &plugin)?;
    println!("   the file is another one: {}", plan()?);
    manager.reload("deploy")?;
    println!("   loaded anew: {}", plan()?);
    Ok(())
}

/// The plugins of this program: one in a file, and one that is built in.
fn manager(plugin: &Path, grants: Grants) -> Result<PluginManager, Box<dyn std::error::Error>> {
    let built_in = BuiltIns::new().with(site::linked());
    Ok(PluginManager::builder()
        .source(Embedded::forms(built_in.forms()))
        .loader(built_in)
        .source(Files::new([plugin]))
        // It takes every file, so it is asked last.
        .loader(Sandbox::new(Limits::default())?)
        .host_function("inventory.owner", inventory::owner)?
        .grants(grants)
        .build()?)
}

/// Grants the plugin all that it asks for. A program asks its user first: the grant holds for this very file.
fn granted(manager: &PluginManager) -> Result<Grants, Error> {
    let plugin = manager.plugin("deploy")?;
    let asked =
        manager.grant(plugin.info()).map_err(|source| Error::Load { plugin: "deploy".into(), source })?;
    let mut grants = Grants::default();
    grants.grant("deploy", plugin.digest(), asked.requested().clone());
    Ok(grants)
}
