//! What can be typed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, ColorChoice, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use driftless_host::api::log::Level;
use serde_json::{Value, json};

use crate::words::shell_word;

/// Tasks, facts, templates and log pipelines out of sandboxed plugins.
#[derive(Debug, Parser)]
#[command(name = "driftless", version, propagate_version = true, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Args {
    /// Reads the command line. What it cannot mean is told, and ends the process with exit code 2.
    pub(crate) fn read() -> Self {
        let mut args = Self::try_parse().unwrap_or_else(|error| {
            if error.use_stderr() && asks_for_json(std::env::args_os().skip(1)) {
                // Where it cannot be written, standard error still says it.
                let _ = writeln!(io::stdout(), "{}", json!({"error": usage_error(&error)}));
            }
            error.exit()
        });
        // `--config` is the file of settings everywhere but in `facts`, where it is the file of collectors.
        let own = match &mut args.command {
            Command::Apply(Apply { config, .. })
            | Command::Render(Render { config, .. })
            | Command::Logs(Logs { config, .. })
            | Command::Plugin(Plugin { config, .. }) => config.settings.take(),
            Command::Facts(Facts { settings, .. }) => settings.take(),
            Command::Completions { .. } => None,
        };
        args.global.settings = own.or(args.global.settings);
        args
    }
}

/// Whether a command line that cannot be read asks for JSON.
fn asks_for_json(args: impl Iterator<Item = OsString>) -> bool {
    args.take_while(|arg| arg != "--").any(|arg| arg == "--json")
}

/// What is wrong with a command line, without the advice for people.
fn usage_error(error: &clap::Error) -> Value {
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message).trim_end();
    json!({"message": message, "code": 2, "kind": "usage", "causes": []})
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  what was run failed
  2  usage or configuration
  3  refused: validation, permission, signature or policy said no
  4  a limit was reached: fuel, time, memory, stack, output
  5  not found: plugin, component, task, file
  129  the terminal went away
  130  interrupted";

/// What every command takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// The folder of installed plugins [default: ~/.driftless/plugins]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Global options")]
    pub(crate) plugin_dir: Option<PathBuf>,
    /// The settings of plugins [default: ~/.driftless/plugins.toml]
    #[arg(long = "config", visible_alias = "settings", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub(crate) settings: Option<PathBuf>,
    /// What is granted to which plugin [default: ~/.driftless/grants.toml]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub(crate) grants: Option<PathBuf>,
    /// Which messages of plugins are shown
    #[arg(long, global = true, value_name = "LEVEL", value_parser = ["error", "warn", "info", "debug"], help_heading = "Global options")]
    log_level: Option<String>,
    /// Shows errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Shows debug messages as well
    #[arg(short, long, global = true, help_heading = "Global options")]
    verbose: bool,
    /// Prints results as JSON for machines
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub(crate) color: ColorChoice,
}

impl Global {
    /// The options that say where plugins and grants are, as they are typed, each behind a space.
    pub(crate) fn places(&self) -> String {
        let named =
            [("--plugin-dir", &self.plugin_dir), ("--config", &self.settings), ("--grants", &self.grants)];
        let typed = |(flag, path): (&str, &Option<PathBuf>)| {
            let path = path.as_ref()?.to_string_lossy().into_owned();
            Some(format!(" {flag} {}", shell_word(&path)))
        };
        named.into_iter().filter_map(typed).collect()
    }

    /// The least important messages that are shown.
    pub(crate) fn level(&self) -> Level {
        match (&self.log_level, self.quiet, self.verbose) {
            (Some(level), ..) => level.parse().expect("the parser lets only levels through"),
            (None, true, _) => Level::Error,
            (None, _, true) => Level::Debug,
            (None, false, false) => Level::Info,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the tasks of a file, in order
    Apply(Apply),
    /// Runs facts collectors and prints one JSON object
    Facts(Facts),
    /// Renders a Jinja2 template with the filters and functions of plugins
    Render(Render),
    /// Runs a log pipeline: sources, parser, filters, outputs
    Logs(Logs),
    /// Looks at plugins, calls and builds them
    Plugin(Plugin),
    /// Prints a script that completes commands in a shell
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// The file of settings, behind the command.
#[derive(Debug, ClapArgs)]
pub(crate) struct Config {
    /// The settings of plugins [default: ~/.driftless/plugins.toml]
    #[arg(id = "own-settings", long = "config", alias = "settings", global = true, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Global options")]
    settings: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Apply {
    #[command(flatten)]
    config: Config,
    /// The file of tasks: YAML, JSON or TOML
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Fills in templates and checks configurations, and runs no task
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Checks the file and lists its tasks, and runs none
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) list_tasks: bool,
    /// Runs only tasks with one of these tags, and those with the tag `always`
    #[arg(long, value_name = "TAG", action = ArgAction::Append, value_delimiter = ',')]
    pub(crate) tags: Vec<String>,
    /// Runs no task with one of these tags
    #[arg(long, value_name = "TAG", action = ArgAction::Append, value_delimiter = ',')]
    pub(crate) skip_tags: Vec<String>,
    #[command(flatten)]
    pub(crate) variables: Variables,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Facts {
    /// The settings of plugins [default: ~/.driftless/plugins.toml]
    #[arg(id = "own-settings", long = "settings", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Global options")]
    settings: Option<PathBuf>,
    /// Which collectors: their key in the file, or `plugin.collector` [default: all]
    pub(crate) names: Vec<String>,
    /// The file of collectors: YAML, JSON or TOML
    #[arg(long = "config", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Render {
    #[command(flatten)]
    config: Config,
    /// The template, or `-` for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) template: PathBuf,
    #[command(flatten)]
    pub(crate) variables: Variables,
}

/// Variables for templates.
#[derive(Debug, ClapArgs)]
pub(crate) struct Variables {
    /// A file of variables: YAML, JSON or TOML; later ones win
    #[arg(long, value_name = "FILE", action = ArgAction::Append, value_hint = ValueHint::FilePath)]
    pub(crate) vars: Vec<PathBuf>,
    /// A variable: its value is what YAML takes it for without quotes, or JSON
    #[arg(long = "set", value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub(crate) set: Vec<String>,
    /// A variable whose value is text, whatever it looks like
    #[arg(long = "set-string", value_name = "NAME=TEXT", action = ArgAction::Append)]
    pub(crate) set_string: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    #[command(flatten)]
    config: Config,
    /// The file that describes the pipeline: YAML, JSON or TOML
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Reads files on as they grow, until interrupted
    #[arg(long)]
    pub(crate) follow: bool,
    /// How many threads parse and filter [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Plugin {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Lists installed plugins
    List,
    /// Shows what a plugin says about itself; runs nothing of it
    Inspect {
        /// Its name, or a `.wasm` file
        plugin: String,
    },
    /// Checks whether a file is a plugin that may run; runs nothing of it
    Validate {
        /// Its name, or a `.wasm` file
        plugin: String,
        /// Demands all functions that announce components, except `get_commands`
        #[arg(long)]
        strict: bool,
    },
    /// Calls one function of a plugin and prints what it returned
    Call {
        /// Its name, or a `.wasm` file
        plugin: String,
        /// The function, for example `execute_task`
        function: String,
        /// Its arguments; `@FILE` stands for the contents of a file
        args: Vec<String>,
    },
    /// Checks plugins and copies them into the plugin folder
    Install {
        /// The `.wasm` files
        #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
        files: Vec<String>,
    },
    /// Removes a plugin from the plugin folder, and takes back what was granted to it
    Remove {
        /// Its name, or its file in the plugin folder
        plugin: String,
    },
    /// Grants a plugin what it asks for, or a part of it
    Grant(Grant),
    /// Takes back what was granted to a plugin
    Revoke {
        /// Its name
        plugin: String,
    },
    /// Makes a project that builds and passes its tests
    New(New),
    /// Replays the cases of a plugin, and checks what every plugin has to get right
    Test(Test),
    /// Builds the plugins of a project and checks them
    Build(Build),
    /// Builds and tests a project whenever it changes
    Dev(Dev),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = GRANT_HELP)]
pub(crate) struct Grant {
    /// Its name, or a `.wasm` file
    pub(crate) plugin: String,
    /// Grants this and nothing else: what was granted before is taken back
    #[arg(long)]
    pub(crate) only: bool,
    /// Everything that it asks for
    #[arg(long, conflicts_with_all = ["files", "network", "environment", "commands", "functions"])]
    pub(crate) all: bool,
    /// A file, or a folder with all that lies beneath; `:rw` behind it lets it be written
    #[arg(long, value_name = "PATH", action = ArgAction::Append)]
    pub(crate) files: Vec<String>,
    /// A host, `https://api.example.com`, or private addresses, `address:10.0.0.0/8`
    #[arg(long, value_name = "HOST", action = ArgAction::Append)]
    pub(crate) network: Vec<String>,
    /// An environment variable
    #[arg(long, value_name = "NAME", action = ArgAction::Append)]
    pub(crate) environment: Vec<String>,
    /// A program that it may run
    #[arg(long, value_name = "COMMAND", action = ArgAction::Append)]
    pub(crate) commands: Vec<String>,
    /// A function of the program that runs it; `driftless` has none of its own
    #[arg(long, value_name = "FUNCTION", action = ArgAction::Append)]
    pub(crate) functions: Vec<String>,
}

const GRANT_HELP: &str = "\
Without any of these, it shows what the plugin asks for and asks you.
What is granted is added to what was granted before; with --only, it replaces it.
A grant holds for this very file: after an update it has to be given again.";

#[derive(Debug, ClapArgs)]
#[command(after_help = TEST_HELP)]
pub(crate) struct Test {
    /// The folder of the project or one in it, whose plugin is built already, or a `.wasm` file
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) plugin: PathBuf,
    /// What the project is written in [default: what its files say]
    #[arg(long, value_name = "LANGUAGE", value_parser = LANGUAGES)]
    pub(crate) lang: Option<String>,
    /// The folder of the cases [default: tests/cases in the project]
    #[arg(long, value_name = "DIR", action = ArgAction::Append, value_hint = ValueHint::DirPath)]
    pub(crate) cases: Vec<PathBuf>,
    /// Only cases with this in their name, and nothing else
    #[arg(long, value_name = "NAME", action = ArgAction::Append)]
    pub(crate) case: Vec<String>,
    /// Calls the plugin on this machine, and writes what comes of it beside the cases
    #[arg(long)]
    pub(crate) record: bool,
    /// Leaves out what every plugin has to get right
    #[arg(long)]
    pub(crate) no_conformance: bool,
    /// A component that what every plugin has to get right is not asked of: one that crashes on purpose
    #[arg(long, value_name = "NAME", action = ArgAction::Append, hide = true)]
    pub(crate) except: Vec<String>,
}

const TEST_HELP: &str = "\
A case is a file in tests/cases:

  task: greet
  config: {name: Ann}
  expect:
    result: {status: success, message: Hello Ann}

Cases are replayed: host calls are answered out of the case, so nothing real happens.

With --record, host calls reach this machine, as far as `driftless plugin grant` allows it for this
very file, and what NAME.yml does not say of `host`, `expect` and `budget` is written to
NAME.recorded.json beside it.";

#[derive(Debug, ClapArgs)]
pub(crate) struct New {
    /// What the plugin and its folder are called
    pub(crate) name: String,
    /// What it is written in
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", value_parser = LANGUAGES)]
    pub(crate) lang: String,
    /// What it shows
    #[arg(long, default_value = "task", value_parser = ["task", "facts", "template", "logs", "hooks"])]
    pub(crate) kind: String,
    /// For Rust: the folder of the crate plugin-sdk [default: the one that comes with this command]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) sdk: Option<PathBuf>,
}

/// How languages are called.
const LANGUAGES: [&str; 4] = ["rust", "js", "ts", "python"];

/// What is built.
#[derive(Debug, ClapArgs)]
pub(crate) struct Source {
    /// The folder of the project or workspace, or one in it
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) project: PathBuf,
    /// What it is written in [default: what its files say]
    #[arg(long, value_name = "LANGUAGE", value_parser = LANGUAGES)]
    pub(crate) lang: Option<String>,
    /// What Rust is compiled for
    #[arg(long, default_value = "wasm32-wasip1", value_parser = ["wasm32-wasip1", "wasm32-unknown-unknown"])]
    pub(crate) target: String,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = DEV_HELP)]
pub(crate) struct Dev {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Leaves out what every plugin has to get right
    #[arg(long)]
    pub(crate) no_conformance: bool,
}

const DEV_HELP: &str = "\
It builds, replays the cases, and waits for the next change, until Ctrl-C.

What was granted to the file that stood there before is granted to the new one, and config.schema.json,
by which editors know the plugin's configuration, is written anew.";

#[derive(Debug, ClapArgs)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) source: Source,
    /// The folder that the finished plugins go to [default: target/plugins in a Rust project, dist in others]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out_dir: Option<PathBuf>,
    /// Keeps the names of functions, for the messages of traps
    #[arg(long)]
    pub(crate) debug: bool,
}
