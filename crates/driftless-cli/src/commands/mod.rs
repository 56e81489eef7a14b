//! What the commands do, one file each.

mod apply;
mod build;
mod bundle;
mod destination;
mod dev;
mod facts;
mod grant;
mod install;
mod installed;
mod key;
mod logs;
mod mirror;
mod new;
mod plugin;
mod publish;
mod registry;
mod render;
mod request;
mod serve;
mod test;
mod variables;

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use driftless_author::Language;
use serde::Serialize;

use crate::args::{Args, Command, Global, PluginCommand};
use crate::terminal::Terminal;

/// Does what was typed.
pub(crate) fn run(args: Args, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let global = &args.global;
    match args.command {
        Command::Apply(apply) => apply::run(global, terminal, &apply),
        Command::Facts(facts) => facts::run(global, terminal, &facts),
        Command::Render(render) => render::run(global, terminal, &render),
        Command::Logs(logs) => logs::run(global, terminal, &logs),
        Command::Plugin(plugin) => match plugin.command {
            PluginCommand::List => plugin::list(global, terminal),
            PluginCommand::Inspect { plugin } => plugin::inspect(global, terminal, &plugin),
            PluginCommand::Validate { plugin, strict } => plugin::validate(global, terminal, &plugin, strict),
            PluginCommand::Call { plugin, function, args } => {
                plugin::call(global, terminal, &plugin, &function, &args)
            }
            PluginCommand::Search(search) => installed::search(global, terminal, &search),
            PluginCommand::Install(asked) => install::install(global, terminal, &asked),
            PluginCommand::Outdated(asking) => installed::outdated(global, terminal, &asking),
            PluginCommand::Update(asked) => installed::update(global, terminal, &asked),
            PluginCommand::Remove { plugin } => install::remove(global, terminal, &plugin),
            PluginCommand::Verify { plugins } => installed::verify(global, terminal, &plugins),
            PluginCommand::Fetch(asked) => installed::fetch(global, terminal, &asked),
            PluginCommand::Save { file } => bundle::save(global, terminal, &file),
            PluginCommand::Load(asked) => bundle::load(global, terminal, &asked),
            PluginCommand::Publish(asked) => publish::publish(global, terminal, &asked),
            PluginCommand::Yank(asked) => publish::yank(global, terminal, &asked),
            PluginCommand::Grant(asked) => grant::grant(global, terminal, &asked),
            PluginCommand::Revoke { plugin } => grant::revoke(global, terminal, &plugin),
            PluginCommand::Test(test) => test::run(global, terminal, &test, test::Shown::All),
            PluginCommand::New(new) => new::run(global, terminal, &new),
            PluginCommand::Dev(dev) => dev::run(global, terminal, &dev),
            PluginCommand::Build(build) => build::run(global, terminal, &build),
        },
        Command::Registry(registry) => registry::run(global, terminal, registry.command),
        Command::Key(key) => key::run(global, terminal, key.command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "driftless", &mut script);
            terminal.out().write_all(&script)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// How many names or files stand in a message.
const MAX_LISTED: usize = 10;

/// The language that was named, if one was.
fn language(named: Option<&str>) -> Option<Language> {
    named.map(|language| Language::named(language).expect("the parser lets only languages through"))
}

/// Prints a result as JSON: on one line for machines, spread out for people.
fn print_json(global: &Global, terminal: &Terminal, value: &impl Serialize) -> anyhow::Result<()> {
    let text = if global.json { serde_json::to_string(value)? } else { serde_json::to_string_pretty(value)? };
    Ok(terminal.result(&(text + "\n"))?)
}
