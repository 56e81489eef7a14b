//! What can be typed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, ColorChoice, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use driftless_host::api::log::Level;
use serde_json::{Value, json};

use crate::words::option;

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
            | Command::Plugin(Plugin { config, .. })
            | Command::Registry(RegistryArgs { config, .. })
            | Command::Key(KeyArgs { config, .. }) => config.settings.take(),
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
  5  not found: plugin, component, task, version, registry, file
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
            Some(option(flag, &path))
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
    /// Looks at plugins, installs, calls and builds them
    Plugin(Plugin),
    /// Registries: where plugins are found and published
    Registry(RegistryArgs),
    /// Keys that sign what is published, and whose signatures count
    Key(KeyArgs),
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
    /// Searches the registries
    Search(Search),
    /// Installs plugins from registries, or from files
    Install(Install),
    /// Shows for which installed plugins there are newer versions
    Outdated(Asking),
    /// Brings installed plugins up to date, within what was asked for
    Update(Update),
    /// Removes a plugin, and takes back what was granted to it
    Remove {
        /// Its name, or its file in the plugin folder
        plugin: String,
    },
    /// Checks what is installed against its signatures, byte for byte
    Verify {
        /// Which plugins [default: all]
        plugins: Vec<String>,
    },
    /// Fetches what `plugins.lock` names, and nothing else: the one step that needs a network
    Fetch(Fetch),
    /// Writes installed plugins into one file, for machines without a network
    Save {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Installs what `plugin save` wrote, and checks it as if it came from its registries
    Load(Load),
    /// Signs a plugin and publishes it in a registry
    Publish(Publish),
    /// Withdraws a version: no new installation takes it, and those that have it keep it
    Yank(Yank),
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

/// Whether servers are asked.
#[derive(Debug, ClapArgs)]
pub(crate) struct Asking {
    /// Asks no server; what was read before counts
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Search {
    /// Words in the name or the description
    #[arg(required = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// How many plugins of each registry are shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = INSTALL_HELP)]
pub(crate) struct Install {
    /// `slack-notify`, `slack-notify@^1.0`, `REGISTRY/NAMESPACE/NAME`, or a file, `./my-plugin.wasm`
    #[arg(required = true, value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(crate) plugins: Vec<String>,
    /// Fails where `plugins.lock` would have to change
    #[arg(long)]
    pub(crate) locked: bool,
    /// Uses files where they are, in front of what is installed: for plugins that are being written
    #[arg(long, conflicts_with = "locked")]
    pub(crate) link: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

const INSTALL_HELP: &str = "\
From a registry, a plugin is installed with what it needs, and plugins.lock says what that is, to
the byte. Its publisher has to have signed it with a key that this machine trusts; on a terminal
you are asked once for each publisher, and elsewhere `driftless key trust` is told.

A file is checked and copied into the plugin folder.";

#[derive(Debug, ClapArgs)]
pub(crate) struct Update {
    /// Which plugins [default: all]
    pub(crate) plugins: Vec<String>,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Fetch {
    /// Takes plugins.lock as it is, which it does anyway
    #[arg(long)]
    pub(crate) locked: bool,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Load {
    /// The file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Trusts this public key for what it signed in the file
    #[arg(long, value_name = "KEY", action = ArgAction::Append)]
    pub(crate) trust: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = PUBLISH_HELP)]
pub(crate) struct Publish {
    /// The folder of the project or one in it, whose plugin is built already, or a `.wasm` file
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) plugin: PathBuf,
    /// In which registry [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) registry: Option<String>,
    /// In which namespace [default: the registry's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// The key that signs [default: the one of `driftless key generate`]
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
    /// Calls it the mending of a hole: it is installed at once, whatever `min_age` says
    #[arg(long)]
    pub(crate) security_fix: bool,
    /// Checks and signs, and publishes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

const PUBLISH_HELP: &str = "\
What is signed says which bytes are which version of which plugin, and what it asks for. Where there
is no key yet, one is made. A version that is published never changes.";

#[derive(Debug, ClapArgs)]
pub(crate) struct Yank {
    /// The plugin and its version, `slack-notify@1.2.0`
    pub(crate) plugin: String,
    /// In which registry [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) registry: Option<String>,
    /// Takes the withdrawal back
    #[arg(long, conflicts_with = "revoke")]
    pub(crate) undo: bool,
    /// Revokes it: nothing may install it any more, for this reason
    #[arg(long, value_name = "WHY")]
    pub(crate) revoke: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RegistryArgs {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    pub(crate) command: RegistryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Lists the registries
    List,
    /// Adds a registry to plugins.toml
    Add(RegistryAdd),
    /// Takes a registry out of plugins.toml, and forgets its keys
    Remove {
        /// What it is called
        name: String,
    },
    /// Makes an empty registry in a folder or a bucket
    Init(RegistryInit),
    /// Copies a registry, with all that makes its plugins verifiable, into a folder or a bucket
    Mirror(RegistryMirror),
    /// Serves a registry that is a folder, until Ctrl-C
    Serve(RegistryServe),
    /// Tokens for a registry that is served
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Keeps a token for the server of a registry, read from standard input
    Login {
        /// What the registry is called
        name: String,
    },
    /// Forgets the token for the server of a registry
    Logout {
        /// What the registry is called
        name: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RegistryAdd {
    /// What it is to be called
    pub(crate) name: String,
    /// Where it is: `file:///a/folder`, `https://plugins.example.com`, `oci://host/plugins`, `s3://bucket/prefix`
    pub(crate) url: String,
    /// The public key of its publisher, to be trusted for its own namespace
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Where its plugins stand in lists: those of a higher number first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: Option<i32>,
    /// Lets plugins in that are not signed
    #[arg(long)]
    pub(crate) allow_unsigned: bool,
    /// How old a release has to be: `24h`, `7d`, `0s` [default: 24h, and nothing for a folder]
    #[arg(long, value_name = "AGE")]
    pub(crate) min_age: Option<String>,
    /// The certificate authorities of its server, in PEM, instead of those of the machine
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,
    /// The server of a bucket [default: AWS_ENDPOINT_URL, or that of AWS]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// The region of a bucket [default: AWS_REGION]
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
    /// The server that gives out tokens for an OCI registry, where that is another one: it is shown the login
    #[arg(long, value_name = "URL")]
    pub(crate) token_server: Option<String>,
    /// Does not look whether there is a registry
    #[arg(long)]
    pub(crate) no_check: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct RegistryServe {
    /// The folder, as `driftless registry init` makes it
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090", action = ArgAction::Append)]
    pub(crate) listen: Vec<SocketAddr>,
    /// The file of tokens; without one, nothing can be published over the network
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tokens: Option<PathBuf>,
    /// Answers only who has a token
    #[arg(long, requires = "tokens")]
    pub(crate) private: bool,
    /// Where clients reach it, behind a proxy that speaks TLS
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// A proxy whose X-Forwarded-For says who asks
    #[arg(long, value_name = "ADDRESS", action = ArgAction::Append)]
    pub(crate) trusted_proxy: Vec<IpAddr>,
}

const SERVE_HELP: &str = "\
It speaks HTTP. On anything but this machine, put a proxy that speaks TLS before it: tokens are not
sent over http to another machine. /metrics has its figures for Prometheus, /healthz says `ok`.";

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token and prints it, once
    New {
        /// The file of tokens
        #[arg(value_hint = ValueHint::FilePath)]
        tokens: PathBuf,
        /// What it is called
        name: String,
        /// What it is good for: read, publish:NAMESPACE, yank:NAMESPACE, admin
        #[arg(long, value_name = "SCOPE", required = true, action = ArgAction::Append)]
        scope: Vec<String>,
        /// For how long: `90d`
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Lists tokens, which are not shown
    List {
        /// The file of tokens
        #[arg(value_hint = ValueHint::FilePath)]
        tokens: PathBuf,
    },
    /// Lets a token be good for nothing any more
    Revoke {
        /// The file of tokens
        #[arg(value_hint = ValueHint::FilePath)]
        tokens: PathBuf,
        /// What it is called
        name: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RegistryInit {
    /// The folder, a place in an OCI registry, `oci://host/plugins`, or in a bucket, `s3://bucket/prefix`
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Its identity, which all that is signed for it names and its mirrors keep [default: where it is]
    #[arg(long, value_name = "URL")]
    pub(crate) id: Option<String>,
    /// The namespace of plugins that are asked for without one
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub(crate) namespace: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RegistryMirror {
    /// What the registry that is copied is called
    pub(crate) from: String,
    /// Where the copy is, which is made where there is none: a folder, or a bucket, `s3://bucket/prefix`
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) to: PathBuf,
    /// Only this plugin: `name` or `namespace/name`
    #[arg(long = "plugin", value_name = "PLUGIN", action = ArgAction::Append)]
    pub(crate) plugins: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes a key that signs what you publish
    Generate {
        /// What it is called
        #[arg(default_value = DEFAULT_KEY)]
        name: String,
    },
    /// Lists the keys that sign here, and the keys that are trusted
    List,
    /// Trusts a key for a namespace of a registry
    Trust {
        /// What the registry is called
        registry: String,
        /// The namespace
        namespace: String,
        /// The public key: 56 characters that begin with `RW`
        key: String,
    },
    /// Lets a key count no longer, whatever a registry says
    Revoke {
        /// The public key
        key: String,
    },
    /// Puts a new key in the place of one that signs, and says so in a registry
    Rotate {
        /// What the key is called
        #[arg(default_value = DEFAULT_KEY)]
        name: String,
        /// In which registry [default: the only one]
        #[arg(long, value_name = "NAME")]
        registry: Option<String>,
        /// In which namespace [default: the registry's own]
        #[arg(long, value_name = "NAME")]
        namespace: Option<String>,
    },
}

/// What a key is called where nothing is said.
pub(crate) const DEFAULT_KEY: &str = "default";

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

What you grant to a file that it has built, while it runs, is granted to the next one as well; what was
granted before stays with its file. config.schema.json, by which editors know the plugin's
configuration, is written anew.";

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
