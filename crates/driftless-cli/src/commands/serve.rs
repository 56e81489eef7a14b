//! `driftless registry serve` and `token`: the registry of a team.

use std::future::poll_fn;
use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::SystemTime;

use driftless_plugin_api::text::printable_line;
use driftless_registry_server::{Event, Scope, Server, ServerOptions, TokenInfo, TokensFile};
use serde_json::{Value, json};

use super::print_json;
use crate::args::{Global, RegistryServe, TokenCommand};
use crate::failure::Failure;
use crate::terminal::{FAINT, GOOD, ODD, STRONG, Terminal, printable_path};
use crate::{context, interrupt};

/// Serves a registry until Ctrl-C or SIGTERM.
pub(crate) fn serve(global: &Global, terminal: &Terminal, asked: &RegistryServe) -> anyhow::Result<ExitCode> {
    let allow_wasi = context::settings(global)?.security.allow_wasi;
    let (told, is_json, is_quiet) = (terminal.clone(), global.json, global.quiet);
    let options = ServerOptions {
        tokens: asked.tokens.clone(),
        is_private: asked.private,
        public_url: asked.public_url.clone(),
        trusted_proxies: asked.trusted_proxy.clone(),
        rules: driftless_validator::Rules { allow_wasi },
        events: Arc::new(move |event| tell(&told, is_json, is_quiet, event)),
        ..ServerOptions::new(&asked.folder)
    };
    let server = Server::new(options)?;
    let listener = TcpListener::bind(&asked.listen[..]).map_err(|error| {
        Failure::Failed(format!(
            "{}: {error}",
            asked.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ))
    })?;
    let ending = Arc::new(Mutex::new(Ending::default()));
    let ended = Arc::clone(&ending);
    interrupt::set_first_handler(false, move || Ending::begin(&ended));
    server.run(listener, poll_fn(move |context| Ending::poll(&ending, context.waker())))?;
    Ok(ExitCode::SUCCESS)
}

/// The end of the server, once a signal has asked for it.
#[derive(Default)]
struct Ending {
    has_begun: bool,
    waker: Option<Waker>,
}

impl Ending {
    fn begin(ending: &Mutex<Self>) {
        let mut ending = ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.has_begun = true;
        if let Some(waker) = ending.waker.take() {
            waker.wake();
        }
    }

    fn poll(ending: &Mutex<Self>, waker: &Waker) -> Poll<()> {
        let mut ending = ending.lock().unwrap_or_else(PoisonError::into_inner);
        if ending.has_begun {
            return Poll::Ready(());
        }
        ending.waker = Some(waker.clone());
        Poll::Pending
    }
}

/// Tells what happens, a line for each event on standard error; with `--json` on standard output, for machines.
fn tell(terminal: &Terminal, is_json: bool, is_quiet: bool, event: &Event) {
    if is_json {
        // A reader that is gone is no reason to serve no longer.
        let _ = terminal.result(&format!("{}\n", as_json(event)));
        return;
    }
    let line = match event {
        Event::Listening { address } => format!("listening on http://{address}"),
        Event::Answered { address, token, method, path, status, took } => {
            let token = token.as_deref().map_or_else(String::new, |token| format!(" ({token})"));
            format!("{address}{token} {method} {path} {status} {} ms", took.as_millis())
        }
        Event::Published { id, version, digest, token } => {
            format!("published {id} {version} {digest} ({token})")
        }
        Event::Yanked { id, version, is_yanked: true, token } => format!("yanked {id} {version} ({token})"),
        Event::Yanked { id, version, token, .. } => format!("restored {id} {version} ({token})"),
        Event::Revoked { id, version, why, token } => format!("revoked {id} {version} ({token}): {why}"),
        Event::Rotated { namespace, token } => format!("the key of {namespace} was rotated ({token})"),
        Event::Refused { token, kind, why } => format!("refused, {kind} ({token}): {why}"),
        Event::TokensUnusable { why } => format!("no token counts: {why}"),
        Event::Failed { what } => format!("failed: {what}"),
        Event::Ending { connections } => format!("ending; {connections} connections are open"),
        _ => return,
    };
    match event {
        Event::Failed { .. } | Event::TokensUnusable { .. } => terminal.warn(&line),
        Event::Answered { .. } if is_quiet => {}
        _ => terminal.note(printable_line(&line)),
    }
}

fn as_json(event: &Event) -> Value {
    match event {
        Event::Listening { address } => json!({"event": "listening", "address": address.to_string()}),
        Event::Answered { address, token, method, path, status, took } => json!({
            "event": "answered", "address": address.to_string(), "token": token, "method": method, "path": path,
            "status": status, "seconds": took.as_secs_f64(),
        }),
        Event::Published { id, version, digest, token } => json!({
            "event": "published", "plugin": id.to_string(), "version": version.to_string(), "digest": digest.to_string(),
            "token": token,
        }),
        Event::Yanked { id, version, is_yanked, token } => json!({
            "event": if *is_yanked { "yanked" } else { "restored" }, "plugin": id.to_string(), "version": version.to_string(),
            "token": token,
        }),
        Event::Revoked { id, version, why, token } => json!({
            "event": "revoked", "plugin": id.to_string(), "version": version.to_string(), "why": why, "token": token,
        }),
        Event::Rotated { namespace, token } => {
            json!({"event": "rotated", "namespace": namespace.as_str(), "token": token})
        }
        Event::Refused { token, kind, why } => {
            json!({"event": "refused", "token": token, "kind": kind, "why": why})
        }
        Event::TokensUnusable { why } => json!({"event": "tokens_unusable", "why": why}),
        Event::Failed { what } => json!({"event": "failed", "what": what}),
        Event::Ending { connections } => json!({"event": "ending", "connections": connections}),
        _ => json!({"event": "other"}),
    }
}

/// Makes, lists and revokes tokens.
pub(crate) fn token(
    global: &Global,
    terminal: &Terminal,
    command: &TokenCommand,
) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::New { tokens, name, scope, expires } => {
            let scopes = scope.iter().map(|scope| scope.parse()).collect::<Result<Vec<Scope>, _>>()?;
            let expires = expires.as_deref().map(after).transpose()?;
            let token = TokensFile::new(tokens).make(name, scopes, expires)?;
            if global.json {
                print_json(global, terminal, &json!({"name": name, "token": token.0, "file": tokens}))?;
                return Ok(ExitCode::SUCCESS);
            }
            terminal.result(&format!("{}\n", token.0))?;
            terminal.note(format!(
                "this is shown once: {} has its hash only. `driftless registry login NAME` keeps it where it is used",
                printable_path(tokens)
            ));
        }
        TokenCommand::List { tokens } => {
            let all = TokensFile::new(tokens).list()?;
            if global.json {
                print_json(global, terminal, &all.iter().map(token_as_json).collect::<Vec<_>>())?;
                return Ok(ExitCode::SUCCESS);
            }
            let mut out = terminal.out();
            for token in &all {
                let scopes = token.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let expired = if token.has_expired(SystemTime::now()) {
                    format!("  {ODD}expired{ODD:#}")
                } else {
                    String::new()
                };
                writeln!(out, "{STRONG}{}{STRONG:#}  {scopes}{expired}", printable_line(&token.name))?;
            }
            if all.is_empty() {
                terminal.note("there is no token");
            }
        }
        TokenCommand::Revoke { tokens, name } => {
            if !TokensFile::new(tokens).revoke(name)? {
                return Err(Failure::NotFound(format!("there is no token `{}`", printable_line(name))).into());
            }
            if global.json {
                print_json(global, terminal, &json!({"name": name, "revoked": true}))?;
                return Ok(ExitCode::SUCCESS);
            }
            let path = printable_path(tokens);
            writeln!(
                terminal.out(),
                "{GOOD}revoked{GOOD:#} {STRONG}{}{STRONG:#} {FAINT}({path}){FAINT:#}",
                printable_line(name)
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn token_as_json(token: &TokenInfo) -> Value {
    let expires = token.expires.map(|time| humantime::format_rfc3339_seconds(time).to_string());
    let scopes = token.scopes.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({"name": token.name, "scopes": scopes, "expires": expires, "expired": token.has_expired(SystemTime::now())})
}

/// The time after an age, such as `90d`.
fn after(age: &str) -> Result<SystemTime, Failure> {
    let age = humantime::parse_duration(age).map_err(|error| {
        Failure::Usage(format!("`{}` is no time: {error}; write `90d`", printable_line(age)))
    })?;
    SystemTime::now().checked_add(age).ok_or_else(|| Failure::Usage("that is too long".to_owned()))
}
