//! The program with Driftless. `cargo run --release --bin with-driftless -- driftless-guest.wasm`

use std::{env, thread, time::Duration};

use driftless_host::api::host_call::HostCallError;
use driftless_host::{CallOptions, CancelHandle, Files, Grants, HostFunctionCall, PluginManager, Settings};
use driftless_sandbox::Sandbox;

#[derive(serde::Serialize)]
struct Target<'a> {
    host: &'a str,
}
#[derive(serde::Deserialize, Debug)]
struct Deployed {
    message: String,
    team: String,
}
#[derive(serde::Deserialize)]
struct OwnerOf {
    host: String,
}
#[derive(serde::Serialize)]
struct Owner {
    team: String,
}

// ANCHOR: program
fn owner(asked: OwnerOf, _: &HostFunctionCall<'_>) -> Result<Owner, HostCallError> {
    Ok(Owner { team: format!("team of {}", asked.host) })
}

fn manager(file: &str, grants: Grants) -> Result<PluginManager, Box<dyn std::error::Error>> {
    let settings =
        Settings::from_toml("security.max_memory = 16777216\nsecurity.execution_timeout_secs = 5")?;
    Ok(PluginManager::builder()
        .loader(Sandbox::new(settings.security.limits())?)
        .source(Files::new([file]))
        .settings(settings)
        .host_function("inventory.owner", owner)?
        .grants(grants)
        .build()?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::args().nth(1).ok_or("which file?")?;
    // A user grants what the plugin asks for, once; a program with a grants.toml reads it with `Grants::from_toml`.
    let asking = manager(&file, Grants::default())?;
    let plugin = asking.plugin("driftless-guest")?;
    let mut grants = Grants::default();
    grants.grant("driftless-guest", plugin.digest(), asking.grant(plugin.info())?.requested().clone());

    let manager = manager(&file, grants)?;
    let done: Deployed = manager.task("driftless-guest.deploy", Target { host: "web1" })?.run_as()?;
    eprintln!("{}, {}", done.message, done.team);

    let cancel = CancelHandle::new();
    let other = cancel.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        other.cancel();
    });
    let ended = manager.task("driftless-guest.wait", ())?.run_with(&CallOptions::default().cancel(&cancel));
    eprintln!("{}", ended.expect_err("it waits for ever"));
    Ok(())
}
// ANCHOR_END: program
