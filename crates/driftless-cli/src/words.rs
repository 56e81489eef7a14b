//! Sentences for what the libraries tell as data, with the words that only this command has: its files, and its other commands.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

use driftless_host::api::host_call::{Capability, MissingGrant};
use driftless_host::api::limit::Limit;
use driftless_host::api::manifest::Permission;
use driftless_host::api::remedy::Remedy;
use driftless_host::permissions::Permissions;
use driftless_host::{AddressSpaceRefused, BindingEvent, Error, GrantEvent, LoadError, nearest};
use driftless_logs::{Cause, Event};
use driftless_plugin_api::text::printable_line;

use crate::missing_grants::Lacking;

/// What mends a file that is refused.
pub(crate) fn mends(remedy: Remedy) -> Option<&'static str> {
    match remedy {
        Remedy::Wasi => Some(
            "`security.allow_wasi` in plugins.toml turns WASI on; `driftless plugin build` makes plugins without it",
        ),
        Remedy::FinishedBuild => Some("`driftless plugin build` finishes what a compiler leaves"),
        _ => None,
    }
}

/// What mends a file that is refused for several reasons, each once.
pub(crate) fn all_that_mends(remedies: impl IntoIterator<Item = Remedy>) -> Vec<&'static str> {
    remedies.into_iter().collect::<BTreeSet<_>>().into_iter().filter_map(mends).collect()
}

/// An error of the host, with what would change it.
pub(crate) fn host_error(error: &Error) -> String {
    error.to_string() + &remedy(error).unwrap_or_default()
}

/// What would change an error, to be put behind it.
pub(crate) fn remedy(error: &Error) -> Option<String> {
    if let Some(limit) = error.limit() {
        let mut remedy = in_settings(limit.setting());
        if matches!(limit, Limit::Fuel | Limit::Time) && !matches!(error, Error::CircuitOpen { .. }) {
            remedy.push_str("; a loop without an end uses up any");
        }
        return Some(remedy);
    }
    if let Error::NotFound(missing) = error
        && missing.what == "plugin"
        && nearest(&missing.name, &missing.known).is_none()
    {
        return Some("; `driftless plugin install` installs one, from a file or a registry".to_owned());
    }
    match error.load_error()? {
        LoadError::AddressSpace(refused) => Some(format!("; {}", room_for_instances(refused))),
        LoadError::Refused(reasons) => {
            let mends = all_that_mends(reasons.iter().filter_map(|reason| reason.remedy));
            (!mends.is_empty()).then(|| format!("\n{}", mends.join("\n")))
        }
        _ => None,
    }
}

/// What would change an error of a registry, to be put behind it.
pub(crate) fn registry_remedy(error: &driftless_registry::Error) -> Option<String> {
    use driftless_registry::{Error, SourceError, TreeError};
    let login = "; `driftless registry login NAME` keeps a token for its server";
    Some(match error {
        Error::Unauthorized { .. } => login.to_owned(),
        Error::Registry {
            source: SourceError::Tree(TreeError::Status { status: 401 | 403, .. }),
            registry,
        } => {
            format!("; `driftless registry login {registry}` keeps a token for its server")
        }
        Error::Registry { source: SourceError::Tree(TreeError::Unreachable { .. }), .. } => {
            "; `--offline` goes by what was read before".to_owned()
        }
        Error::Registry { source: SourceError::NoOciRegistry { place, .. }, .. } => {
            format!("; `driftless registry init {place}` makes one")
        }
        Error::UnknownRegistry { .. } => "; `driftless registry add NAME URL` adds one".to_owned(),
        Error::Unsigned { .. } => {
            "; `allow_unsigned = true` of the registry in plugins.toml lets it in".to_owned()
        }
        Error::WrongSignature { .. } | Error::OtherRegistry { .. } => {
            "; ask its publisher, and then `driftless key trust` or `driftless registry remove` and `add`"
                .to_owned()
        }
        Error::NoSolution { left_out, .. } if left_out.iter().any(|why| why.contains("`min_age`")) => {
            "; `min_age` of the registry in plugins.toml says how old a release has to be".to_owned()
        }
        _ => return None,
    })
}

fn in_settings(key: &str) -> String {
    format!(" (`{key}` in plugins.toml)")
}

/// What makes room for the instances.
fn room_for_instances(refused: &AddressSpaceRefused) -> String {
    let mut remedy = match refused.fitting_instances() {
        None | Some(0) => {
            "lower `security.max_memory` or `security.max_instances` in plugins.toml".to_owned()
        }
        Some(fitting) => format!(
            "set `security.max_instances` in plugins.toml to {fitting} at most, lower `security.max_memory` there"
        ),
    };
    if refused.allowed_bytes.is_some() {
        // The unit of the shell is 1 KiB.
        let needed = refused.needed_bytes().div_ceil(1 << 10);
        write!(remedy, ", or allow it with `ulimit -v {needed}`").expect("a string takes everything");
    }
    remedy
}

/// What does not hold of a plugin's grant, and what the plugin is called.
/// `file_of` is where a plugin was read from, where that is not the plugin folder; `global` are the options that this command was given.
pub(crate) fn grant_event<'e>(
    event: &'e GrantEvent,
    file_of: impl Fn(&str) -> Option<String>,
    global: &str,
) -> Option<(&'e str, String)> {
    Some(match event {
        GrantEvent::OfAnotherFile { plugin } => (
            plugin,
            format!(
                "its permissions were granted to another file of this name and do not hold for this one; `driftless{global} plugin grant {}` asks again",
                operand(file_of(plugin).as_deref().unwrap_or(plugin))
            ),
        ),
        GrantEvent::Protected { plugin, entry } => (plugin, entry.to_string()),
        _ => return None,
    })
}

/// What grants a plugin what it was refused. `global` are the options that this command was given and that the other one needs too.
pub(crate) fn missing_grant(plugin: &str, lacking: &Lacking, global: &str) -> String {
    let subject = lacking.file.as_deref().unwrap_or(plugin);
    let grant = format!("driftless{global} plugin grant {}", operand(subject));
    let flag = |missing: &MissingGrant| option(grant_flag(missing.capability), &missing.entry);
    // A name with a star in it, for example, is no entry.
    let can_be_granted = |missing: &&MissingGrant| {
        Permissions::parse(&[Permission::new(missing.capability, vec![missing.entry.clone()])]).is_ok()
    };
    let flags: String = lacking.entries.iter().filter(can_be_granted).map(flag).collect();
    let shown = printable_line(plugin);
    // What cannot be printed as it is cannot be copied either.
    let exact = format!("{grant}{flags}");
    if flags.is_empty() || printable_line(&exact) != exact.as_str() {
        return format!(
            "plugin `{shown}` asks for what is not granted to it; `{}` shows it and asks",
            printable_line(&grant)
        );
    }
    let more = if lacking.more {
        "\nand there is more; `driftless plugin inspect` shows what it asks for"
    } else {
        ""
    };
    format!("plugin `{shown}` was refused what is not granted to it; this grants it:\n  {exact}{more}")
}

/// What grants plugins what they ask for.
pub(crate) fn not_yet_granted<'a>(plugins: impl Iterator<Item = &'a str>, global: &str) -> String {
    let grant = |plugin| format!("`driftless{global} plugin grant {}`", operand(plugin));
    let grants: Vec<_> = plugins.map(grant).collect();
    format!("nothing of this is allowed until it is granted: {}", printable_line(&grants.join(", ")))
}

/// The flag of `plugin grant` for a permission.
pub(crate) const fn grant_flag(capability: Capability) -> &'static str {
    match capability {
        Capability::File => "--files",
        Capability::Http => "--network",
        Capability::Environment => "--environment",
        Capability::Process => "--commands",
        Capability::Function => "--functions",
    }
}

/// A word of a command line, as a shell reads it.
pub(crate) fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/.:_-+=@%,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', "'\\''")).into()
}

/// An option and its value, behind a space. A value that begins like an option would be taken for one.
pub(crate) fn option(flag: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" {flag}{between}{}", shell_word(value))
}

/// A plugin or its file, where no option is meant: a file that is called like one is named with its folder.
fn operand(word: &str) -> Cow<'_, str> {
    if word.starts_with('-') { format!("./{}", shell_word(word)).into() } else { shell_word(word) }
}

/// Something that happens while a pipeline runs.
pub(crate) fn pipeline_event(event: &Event) -> String {
    let more = |count: u64, one: &str, several: &str| {
        format!("{count} more {}", if count == 1 { one } else { several })
    };
    match event {
        Event::LineFailed { origin, line, why } => format!("{origin}, line {line}: {}", cause(why)),
        Event::LineSkipped { origin, line, why } => {
            format!("{origin}, line {line}: {}; it is skipped", cause(why))
        }
        Event::FilterPassed { origin, line, why } => {
            format!("{origin}, line {line}: {}; it goes on without this filter", cause(why))
        }
        Event::EntryMissed { why } => format!("{}; it misses an entry", cause(why)),
        Event::SourceEnded { why } => format!("{}; nothing more is read from it", cause(why)),
        Event::Binding(event) => binding_event(event),
        Event::TornLine { path } => {
            format!("{}: it ended in the middle of a line, which is ended now", path.display())
        }
        Event::MoreLinesFailed(count) => more(*count, "line failed", "lines failed"),
        Event::MoreLinesSkipped(count) => more(*count, "line is skipped", "lines are skipped"),
        Event::MoreFiltersPassed(count) => {
            more(*count, "entry went past a filter", "entries went past a filter")
        }
        Event::MoreEntriesMissed(count) => {
            more(*count, "entry is missed by an output", "entries are missed by an output")
        }
        other => format!("{other:?}"),
    }
}

fn cause(Cause { message, limit }: &Cause) -> String {
    message.clone() + &limit.map(|limit| in_settings(limit.setting())).unwrap_or_default()
}

fn binding_event(event: &BindingEvent) -> String {
    match event.clone() {
        // The calls that are not made meanwhile end with this error.
        BindingEvent::CircuitOpened { location, failures, within, last, kind, limit, again_in } => {
            let again_in = Some(again_in);
            host_error(&Error::CircuitOpen { location, failures, within, last, kind, limit, again_in })
        }
        BindingEvent::CircuitClosed { location } => format!("{location}: works again"),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use driftless_host::api::limit::Limit;
    use driftless_host::{ErrorKind, Location, PluginPart, Refusal};

    use super::*;

    #[test]
    fn a_limit_is_told_with_its_key() {
        let why = Cause { message: "used up its fuel".into(), limit: Some(Limit::Fuel) };
        let event = Event::LineFailed { origin: "access.log".into(), line: 7, why };
        assert_eq!(
            pipeline_event(&event),
            "access.log, line 7: used up its fuel (`security.fuel_limit` in plugins.toml)"
        );
        assert_eq!(pipeline_event(&Event::MoreLinesFailed(12)), "12 more lines failed");
        assert_eq!(pipeline_event(&Event::MoreLinesFailed(1)), "1 more line failed");
    }

    #[test]
    fn a_denial_is_told_with_the_command_that_grants_it() {
        let missing = |capability, entry: &str| MissingGrant { capability, entry: entry.to_owned() };
        let entries = [
            missing(Capability::File, "/etc/nope:rw"),
            missing(Capability::Http, "https://*.example.com"),
            missing(Capability::Environment, "TOKEN"),
            missing(Capability::File, "/srv/it's here"),
        ];
        let mut lacking = Lacking { entries: entries.into(), ..Lacking::default() };
        assert_eq!(
            missing_grant("p", &lacking, " --grants g.toml"),
            "plugin `p` was refused what is not granted to it; this grants it:\n  driftless --grants g.toml plugin grant p \
             --files /etc/nope:rw --files '/srv/it'\\''s here' --network 'https://*.example.com' --environment TOKEN"
        );
        // Each line of it can be copied by itself, and what is no entry is left out.
        lacking.entries.insert(missing(Capability::File, "/srv/a*b"));
        lacking.more = true;
        let told = missing_grant("p", &lacking, "");
        assert!(!told.contains("a*b"), "{told}");
        assert!(
            told.ends_with("TOKEN\nand there is more; `driftless plugin inspect` shows what it asks for"),
            "{told}"
        );
        lacking = Lacking { file: Some("dist/p.wasm".to_owned()), ..Lacking::default() };
        lacking.entries.insert(missing(Capability::File, "/srv/\u{202e}gpj"));
        assert_eq!(
            missing_grant("p", &lacking, ""),
            "plugin `p` asks for what is not granted to it; `driftless plugin grant dist/p.wasm` shows it and asks"
        );
    }

    #[test]
    fn what_is_called_like_an_option_is_taken_for_none() {
        assert_eq!(option("--plugin-dir", "-pl"), " --plugin-dir=-pl");
        assert_eq!(option("--case", "-a b"), " --case='-a b'");
        assert_eq!(option("--case", "a"), " --case a");
        let told = not_yet_granted(["-x.wasm", "p"].into_iter(), "");
        assert!(told.ends_with(": `driftless plugin grant ./-x.wasm`, `driftless plugin grant p`"), "{told}");
    }

    #[test]
    fn what_would_change_an_error_stands_behind_it() {
        let load = |source| Error::Load { plugin: "p".into(), source };
        let slow = load(LoadError::Limit(Limit::CompileTime.exceeded(120_000)));
        let slow = Error::Context { what: "tasks[0]".into(), source: Box::new(slow) };
        assert_eq!(
            host_error(&slow),
            "tasks[0]: plugin `p`: it took longer than its 2 minutes to compile (`security.compile_timeout_secs` in plugins.toml)"
        );
        let refusal = |message: &str, remedy| Refusal { message: message.into(), remedy };
        let refused = load(LoadError::Refused(vec![
            refusal("one", Some(Remedy::Wasi)),
            refusal("two", None),
            refusal("three", Some(Remedy::FinishedBuild)),
            refusal("four", Some(Remedy::Wasi)),
        ]));
        let (reasons, remedies) =
            host_error(&refused).split_once("  - four\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert_eq!(reasons, "plugin `p` is refused:\n  - one\n  - two\n  - three\n");
        assert_eq!(
            remedies,
            "`security.allow_wasi` in plugins.toml turns WASI on; `driftless plugin build` makes plugins without it\n\
             `driftless plugin build` finishes what a compiler leaves"
        );
        let refused = load(LoadError::Refused(vec![refusal("two", None)]));
        assert_eq!(remedy(&refused), None);
    }

    #[test]
    fn a_circuit_is_told_like_its_error() {
        let location = Location { plugin: "p".into(), version: None, part: PluginPart::Start };
        let opened = BindingEvent::CircuitOpened {
            location: location.clone(),
            failures: 5,
            within: Duration::from_secs(60),
            last: "took longer than its 30 seconds".into(),
            kind: ErrorKind::Limit,
            limit: Some(Limit::Time),
            again_in: Duration::from_secs(30),
        };
        assert_eq!(
            binding_event(&opened),
            "plugin `p`, while it was started: circuit open after 5 failures in a row within 60 s, the last: took longer than its 30 \
             seconds; it is tried again in 30 s (`on_failure`) (`security.execution_timeout_secs` in plugins.toml)"
        );
        assert_eq!(
            binding_event(&BindingEvent::CircuitClosed { location }),
            "plugin `p`, while it was started: works again"
        );
    }
}
