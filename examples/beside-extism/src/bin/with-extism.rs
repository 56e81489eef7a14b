//! The program with extism. `cargo run --release --bin with-extism -- extism_guest.wasm`

use std::{env, thread, time::Duration};

use extism::convert::Json;
use extism::{Manifest, PTR, PluginBuilder, UserData, Wasm, host_fn};

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
host_fn!(owner(_data: (); asked: Json<OwnerOf>) -> Json<Owner> {
    Ok(Json(Owner { team: format!("team of {}", asked.0.host) }))
});

fn main() -> Result<(), extism::Error> {
    let file = env::args().nth(1).expect("which file?");
    // In pages of 64 KiB.
    let manifest =
        Manifest::new([Wasm::file(file)]).with_memory_max(256).with_timeout(Duration::from_secs(5));
    let mut plugin = PluginBuilder::new(manifest)
        .with_function("inventory_owner", [PTR], [PTR], UserData::new(()), owner)
        .build()?;

    let Json(done) = plugin.call::<_, Json<Deployed>>("deploy", Json(Target { host: "web1" }))?;
    eprintln!("{}, {}", done.message, done.team);

    let cancel = plugin.cancel_handle();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        cancel.cancel()
    });
    let ended = plugin.call::<_, ()>("wait", ());
    eprintln!("{}", ended.expect_err("it waits for ever"));
    Ok(())
}
// ANCHOR_END: program
