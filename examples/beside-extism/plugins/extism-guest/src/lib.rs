//! The plugin, for extism.

use extism_pdk::*;
use serde::{Deserialize, Serialize};

/// Where to deploy.
#[derive(Deserialize)]
struct Target {
    /// The name of the machine.
    host: String,
}

#[derive(Serialize)]
struct OwnerOf<'a> {
    host: &'a str,
}

#[derive(Deserialize)]
struct Owner {
    team: String,
}

#[derive(Serialize)]
struct Deployed {
    message: String,
    team: String,
}

// ANCHOR: deploy
#[host_fn]
extern "ExtismHost" {
    fn inventory_owner(asked: Json<OwnerOf<'_>>) -> Json<Owner>;
}

/// Deploys, and says whose machine it was: one host call.
#[plugin_fn]
pub fn deploy(Json(target): Json<Target>) -> FnResult<Json<Deployed>> {
    // Host functions are foreign functions: nothing checks that the program's has this signature.
    let Json(owner) = unsafe { inventory_owner(Json(OwnerOf { host: &target.host }))? };
    Ok(Json(Deployed { message: format!("deployed to {}", target.host), team: owner.team }))
}
// ANCHOR_END: deploy

/// What would be done: no host call.
#[plugin_fn]
pub fn plan(Json(target): Json<Target>) -> FnResult<Json<Deployed>> {
    Ok(Json(Deployed { message: format!("would deploy to {}", target.host), team: "none".to_owned() }))
}

/// Waits for something that never comes.
#[plugin_fn]
pub fn wait() -> FnResult<()> {
    loop {
        std::hint::spin_loop();
    }
}

/// Takes memory until there is none.
#[plugin_fn]
pub fn hoard() -> FnResult<()> {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&hoard);
    }
}

#[derive(Serialize)]
struct Counted {
    calls: u32,
}

/// Counts its calls in a static, and fails in the second.
#[plugin_fn]
pub fn count() -> FnResult<Json<Counted>> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    assert!(calls != 2, "the second call fails");
    Ok(Json(Counted { calls }))
}
