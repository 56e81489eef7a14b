//! `driftless plugin build`, on projects made here. Each build runs cargo, so there are few of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Home, Outcome, repository, start, start_into, wait_until};
use crate::json_output;

/// A project whose only dependency is the SDK of this repository.
pub(crate) fn project(home: &Home, name: &str, more: &str, code: &str) {
    let sdk = repository().join("crates/plugin-sdk");
    home.write(
        &format!("{name}/Cargo.toml"),
        format!(
            "[package]\nname = {name:?}\nversion = \"1.2.3\"\nedition = \"2024\"\n{more}\n\
             [dependencies]\nplugin-sdk = {{ path = {sdk:?} }}\n\n[workspace]\n"
        ),
    );
    home.write(&format!("{name}/src/lib.rs"), code);
    // The versions that the examples have are there without a network.
    let lock = std::fs::read(repository().join("examples/Cargo.lock")).unwrap();
    home.write(&format!("{name}/Cargo.lock"), lock);
}

const CDYLIB: &str = "[lib]\ncrate-type = [\"cdylib\"]\n";

const GREETER: &str = r#"
#[plugin_sdk::plugin]
mod greeter {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    struct Greet {
        who: String,
    }

    /// Greets.
    #[task]
    fn greet(config: Greet) -> String {
        println!("about to greet {}", config.who);
        if config.who.is_empty() {
            panic!("the name is empty");
        }
        format!("Hello {}", config.who)
    }
}
"#;

/// Runs `plugin build` with a cargo that uses no network and compiles the SDK once for all tests.
pub(crate) fn build(home: &Home, args: &[&str]) -> Outcome {
    let mut command = home.command(["plugin", "build"].iter().chain(args));
    prepare(&mut command);
    start(&mut command).finish()
}

/// Lets a command run cargo as [`build`] does.
fn prepare(command: &mut Command) {
    let of_user = |variable: &str, folder: &str| {
        let default = std::env::home_dir().unwrap_or_default().join(folder);
        std::env::var_os(variable).map_or(default, PathBuf::from)
    };
    command.env("CARGO_HOME", of_user("CARGO_HOME", ".cargo"));
    command.env("RUSTUP_HOME", of_user("RUSTUP_HOME", ".rustup"));
    command.env("CARGO_TARGET_DIR", repository().join("target/plugin-build-test"));
    command.env("CARGO_NET_OFFLINE", "true");
}

#[test]
#[cfg(unix)]
fn a_project_is_built_and_tested_whenever_it_changes() {
    let home = Home::new();
    let reader = |says: &str| {
        let code =
            GREETER.replace("#[plugin_sdk::plugin]", "#[plugin_sdk::plugin(files(\"/etc/hostname\"))]");
        code.replace("Hello {}", says)
    };
    let case = |hello: &str| {
        format!(
            "task: greet\nconfig: {{who: Ada}}\nexpect: {{result: {{status: success, message: {hello} Ada}}}}\n"
        )
    };
    project(&home, "greeter", CDYLIB, &reader("Hello {}"));
    home.write("greeter/tests/cases/greet.yml", case("Hello"));
    // Compiling the SDK may take longer than anything is waited for.
    build(&home, &["greeter"]).exits_with(0);
    let mut command = home.command(["plugin", "dev", "greeter", "--no-conformance"]);
    prepare(&mut command);
    let run = start_into(&mut command, &home.path().join("output"));
    let rounds = || {
        let output = home.read("output");
        output.split_inclusive("waiting for changes; Ctrl-C ends it\n").map(str::to_owned).collect::<Vec<_>>()
    };
    let after = |number: usize| {
        wait_until("it waits for changes", || {
            rounds().iter().filter(|round| round.ends_with("ends it\n")).count() >= number
        });
        rounds().swap_remove(number - 1)
    };
    let first = after(1);
    assert!(first.contains("built greeter 1.2.3\n") && first.contains("1 ok, 0 failed\n"), "{first}");
    assert!(first.contains("plugin grant greeter/target/plugins/greeter.wasm`\n"), "{first}");
    assert!(home.read("greeter/config.schema.json").contains("\"greeter.greet\""));

    // What is granted is granted to what comes after.
    home.run(&["plugin", "grant", "greeter/target/plugins/greeter.wasm", "--all"]).exits_with(0);
    home.write("greeter/src/lib.rs", reader("Goodbye {}"));
    let second = after(2);
    assert!(second.contains("-   message: Hello Ada"), "{second}");
    assert!(second.contains("0 ok, 1 failed\n"), "{second}");
    assert!(second.contains("what was granted to greeter is granted to the new file as well"), "{second}");
    assert!(
        home.run(&["plugin", "inspect", "greeter/target/plugins/greeter.wasm"])
            .stdout
            .contains("/etc/hostname  granted")
    );

    // A mistake is told, and mended; so is a case.
    home.write("greeter/src/lib.rs", "fn");
    assert!(after(3).contains("error"), "{:?}", rounds());
    home.write("greeter/src/lib.rs", reader("Goodbye {}"));
    assert!(after(4).contains("0 ok, 1 failed\n"), "{:?}", rounds());
    home.write("greeter/tests/cases/greet.yml", case("Goodbye"));
    assert!(after(5).contains("1 ok, 0 failed\n"), "{:?}", rounds());

    // What is not made here stays, and a grant stays with the file that is installed.
    let own = b"{\"mine\": \"gr\xfcn\"}";
    home.write("greeter/config.schema.json", own);
    home.run(&["plugin", "install", "greeter/target/plugins/greeter.wasm"]).exits_with(0);
    home.write("greeter/src/lib.rs", reader("Welcome {}"));
    let sixth = after(6);
    assert!(!sixth.contains("is granted to the new file"), "{sixth}");
    assert!(sixth.contains("nothing of this is allowed until it is granted"), "{sixth}");
    assert!(home.run(&["plugin", "inspect", "greeter"]).stdout.contains("/etc/hostname  granted"));
    assert_eq!(std::fs::read(home.path().join("greeter/config.schema.json")).unwrap(), own);
    run.interrupt();
    run.finish().exits_with(130);
}

#[test]
#[cfg(unix)]
fn what_was_granted_before_stays_with_its_file() {
    // All tests share cargo's folder, so no other project is called this.
    let home = Home::new();
    let code = |says: &str| {
        let asks = "#[plugin_sdk::plugin(files(\"/etc/hostname\"))]";
        GREETER.replace("#[plugin_sdk::plugin]", asks).replace("Hello {}", says)
    };
    project(&home, "keeper", CDYLIB, &code("Hello {}"));
    build(&home, &["keeper"]).exits_with(0);
    let file = "keeper/target/plugins/keeper.wasm";
    std::fs::copy(home.path().join(file), home.path().join("kept.wasm")).unwrap();
    home.run(&["plugin", "grant", "kept.wasm", "--all"]).exits_with(0);
    let mut command = home.command(["plugin", "dev", "keeper", "--no-conformance"]);
    prepare(&mut command);
    let run = start_into(&mut command, &home.path().join("output"));
    let after = |number: usize| {
        let count = || home.read("output").matches("waiting for changes; Ctrl-C ends it\n").count();
        wait_until("it waits for changes", || count() >= number);
    };
    // An equal file has the grant, and it is not known which of the two was meant.
    after(1);
    home.write("keeper/src/lib.rs", code("Goodbye {}"));
    after(2);
    run.interrupt();
    run.finish().exits_with(130);
    let output = home.read("output");
    assert!(!output.contains("is granted to the new file"), "{output}");
    assert!(home.run(&["plugin", "inspect", "kept.wasm"]).stdout.contains("/etc/hostname  granted"));
    assert!(home.run(&["plugin", "inspect", file]).stdout.contains("/etc/hostname  not granted"));
    // So it is where the first file that is built is another one.
    home.write("keeper/src/lib.rs", code("Hello {}"));
    build(&home, &["keeper"]).exits_with(0);
    home.write("keeper/src/lib.rs", code("Welcome {}"));
    let mut command = home.command(["plugin", "dev", "keeper", "--no-conformance"]);
    prepare(&mut command);
    let run = start_into(&mut command, &home.path().join("output"));
    after(1);
    run.interrupt();
    run.finish().exits_with(130);
    assert!(home.run(&["plugin", "inspect", "kept.wasm"]).stdout.contains("/etc/hostname  granted"));
}

#[test]
fn a_plugin_from_source_to_result() {
    let home = Home::new();
    project(&home, "greeter", CDYLIB, GREETER);
    let plugins = home.path().join(".driftless/plugins");
    let outcome = build(&home, &["greeter", "--out-dir", plugins.to_str().unwrap()]);
    outcome.exits_with(0);
    assert!(outcome.stdout.starts_with("built greeter 1.2.3\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(" bytes, 1 component\n"), "{}", outcome.stdout);

    // As data, it says the same.
    let told = build(&home, &["greeter", "--json"]);
    let told = json_output::holds(&["plugin", "build", "greeter", "--json"], &told);
    assert_eq!((&told[0]["name"], &told[0]["version"]), (&"greeter".into(), &"1.2.3".into()));

    // The default target is WASI's, and the default settings forbid WASI.
    home.run(&["plugin", "validate", "--strict", "greeter"]).exits_with(0);
    home.write("site.yml", "tasks: [{type: greeter.greet, who: world}]\n");
    let outcome = home.run(&["apply", "site.yml"]);
    outcome.exits_with(0).says("info  greeter: about to greet world\n");
    assert!(outcome.stdout.contains(r#"{"status":"success","message":"Hello world"}"#), "{}", outcome.stdout);

    home.write("site.yml", "tasks: [{type: greeter.greet, who: \"\"}]\n");
    let outcome = home.run(&["apply", "site.yml"]);
    outcome
        .exits_with(1)
        .says("plugin `greeter` 1.2.3, task `greet`: panicked: ")
        .says("the name is empty")
        .says("lib.rs:");
}

#[test]
fn code_that_does_not_compile() {
    let home = Home::new();
    project(
        &home,
        "broken",
        CDYLIB,
        "#[plugin_sdk::plugin]\nmod broken {\n    fn f() -> u8 { \"text\" }\n}\n",
    );
    let outcome = build(&home, &["broken"]);
    outcome
        .exits_with(1)
        .says("mismatched types")
        .says("src/lib.rs:3")
        .says("error: broken/Cargo.toml: cargo could not build it; its messages stand above");
    assert_eq!(outcome.stdout, "");
}

#[cfg(unix)]
#[test]
fn tools_that_are_missing_are_told() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    home.run(&["plugin", "new", "hello"]).exits_with(0);
    let with_path = |path: &Path| {
        let mut command = home.command(["plugin", "build", "hello"]);
        prepare(&mut command);
        start(command.env("PATH", path)).finish()
    };
    with_path(&home.path().join("nothing"))
        .exits_with(5)
        .says("error: cargo is not on the PATH; install Rust from rustup.rs");

    // A compiler without the standard library of this target.
    let rustc = home.write("bin/rustc", "#!/bin/sh\necho /nowhere\n");
    std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([home.path().join("bin")].into_iter().chain(std::env::split_paths(&path)));
    with_path(Path::new(&path.unwrap())).exits_with(5).says(
        "error: the target wasm32-wasip1 is not installed; add it with `rustup target add wasm32-wasip1`",
    );
}

#[test]
fn an_sdk_of_a_registry() {
    let home = Home::new();
    project(&home, "elsewhere", CDYLIB, GREETER);
    let described = home.read("elsewhere/Cargo.toml");
    let line = described.lines().find(|line| line.starts_with("plugin-sdk")).unwrap();
    home.write("elsewhere/Cargo.toml", described.replace(line, "plugin-sdk = \"0.1\""));
    build(&home, &["elsewhere"]).exits_with(1).says("no matching package named `plugin-sdk` found").says(
        "error: elsewhere/Cargo.toml: cargo could not build it; its messages stand above; the crate plugin-sdk comes with this program: write \
         `plugin-sdk = { path = \".driftless/sdk/rust/plugin-sdk\" }`",
    );
}

#[test]
fn what_is_no_plugin() {
    let home = Home::new();
    home.write("folder/notes.txt", "");
    build(&home, &["folder"]).exits_with(5).says(
        "folder: there is no project: it has neither `Cargo.toml` nor `package.json` nor `pyproject.toml`",
    );
    build(&home, &["nowhere"]).exits_with(5).says("nowhere: there is no project");
    build(&home, &["folder", "--lang", "rust"])
        .exits_with(5)
        .says("folder/Cargo.toml: there is no such file, so this is no Rust project");

    project(&home, "library", "", GREETER);
    let outcome = build(&home, &["library/Cargo.toml"]);
    outcome.exits_with(2).says("nothing in it is a plugin").says("crate-type = [\"cdylib\"]");

    // It compiles, and exports nothing that a host could call.
    project(&home, "empty", CDYLIB, "");
    build(&home, &["empty", "--out-dir", "out"])
        .exits_with(3)
        .says("it exports none of the protocol's functions");
    assert!(!home.path().join("out/empty.wasm").exists());
}

#[test]
fn two_plugins_of_a_project_are_not_one_file() {
    let home = Home::new();
    let named = GREETER.replace("#[plugin_sdk::plugin]", "#[plugin_sdk::plugin(name = \"greeter\")]");
    project(&home, "first", CDYLIB, &named);
    // Without its own workspace, it is a member of the first one's.
    project(&home, "first/second", CDYLIB, &named);
    let member =
        home.read("first/second/Cargo.toml").replace("\n[workspace]\n", "").replace("first/second", "second");
    home.write("first/second/Cargo.toml", member);
    let root = home.read("first/Cargo.toml").replace("[workspace]", "[workspace]\nmembers = [\"second\"]");
    home.write("first/Cargo.toml", root);
    build(&home, &["first", "--out-dir", "out"]).exits_with(0);
    let both = home
        .read("first/Cargo.toml")
        .replace("members =", "default-members = [\".\", \"second\"]\nmembers =");
    home.write("first/Cargo.toml", both);
    std::fs::remove_file(home.path().join("out/greeter.wasm")).unwrap();
    build(&home, &["first", "--out-dir", "out"])
        .exits_with(3)
        .says("it is called `greeter`, and so is")
        .says("they would be one file");
    assert!(!home.path().join("out/greeter.wasm").exists());
}

/// The commands that a new project's README prints.
fn commands(readme: &str) -> Vec<&str> {
    readme.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

/// The steps of a new project's workflow that this machine can take: those between the installation of the command and the release.
fn steps(workflow: &str) -> String {
    let from = workflow.split("- name: Build\n").nth(1).expect("it builds");
    let until = from.split("\n      - name: Release\n").next().expect("it releases");
    let mut script = String::from("set -e\n(\n");
    for line in until.lines().map(str::trim_start) {
        let line = line.strip_prefix("run: ").unwrap_or(line);
        match line {
            "|" | "" => {}
            // Each has a shell of its own.
            _ if line.starts_with("- name:") => script.push_str(")\n(\n"),
            _ => {
                script.push_str(line);
                script.push('\n');
            }
        }
    }
    script + ")\n"
}

/// Where new projects are made, again and again: cargo compiles what lies at another path anew.
fn workplace() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-rust-projects");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Lets a shell find the command, and cargo what it needs.
fn shell(home: &Home, script: &str, folder: &Path) -> Outcome {
    let mut bash = Command::new("bash");
    home.prepare(&mut bash);
    prepare(&mut bash);
    let own = Path::new(env!("CARGO_BIN_EXE_driftless")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&path))).unwrap();
    bash.env("PATH", path).env("GITHUB_REF_NAME", "v0.1.0").env("CARGO_TERM_QUIET", "true");
    start(bash.args(["-c", script]).current_dir(folder)).finish()
}

#[cfg(unix)]
#[test]
fn from_nothing_to_a_result() {
    let within = workplace();
    let (folder, kept) = (within.join("hello"), within.join("kept"));
    for (kind, prints) in [
        ("task", r#"{"status":"success","message":"Hello Ada"}"#),
        ("facts", r#""names": {"#),
        ("template", "Hello Ada\n"),
        ("logs", r#""error":"timeout""#),
        ("hooks", r#"{"verdict":"continue"}"#),
    ] {
        let home = Home::new();
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::rename(folder.join(".driftless"), &kept);
        let _ = std::fs::remove_dir_all(&folder);
        shell(&home, &format!("driftless plugin new hello --kind {kind}"), &within).exits_with(0);
        // What is the same stays as it is, so cargo need not compile it anew.
        if kept.is_dir() {
            std::fs::remove_dir_all(folder.join(".driftless")).unwrap();
            std::fs::rename(&kept, folder.join(".driftless")).unwrap();
        }
        // The versions that the examples have are there without a network.
        std::fs::copy(repository().join("examples/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        let mut printed = String::new();
        let commands = commands(&readme);
        assert_eq!(commands[..2], ["rustup target add wasm32-wasip1", "driftless plugin build"]);
        for command in &commands[1..] {
            let outcome = shell(&home, command, &folder);
            outcome.exits_with(0);
            printed = outcome.stdout;
        }
        assert!(printed.contains(prints), "{kind}: {printed}");
        let described = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert!(
            described.contains("plugin-sdk = { path = \".driftless/sdk/rust/plugin-sdk\" }"),
            "{described}"
        );
        if kind == "task" {
            // As in a fresh clone, which git made without what it ignores.
            std::fs::rename(folder.join(".driftless"), &kept).unwrap();
            shell(&home, "cargo test", &folder).exits_with(101).says("plugin-sdk/Cargo.toml");
            let workflow =
                std::fs::read_to_string(folder.join(".github/workflows/release-plugin.yml")).unwrap();
            shell(&home, &steps(&workflow), &folder).exits_with(0);
            for file in ["hello.json", "hello.wasm", "hello.wasm.sha256"] {
                assert!(folder.join("release").join(file).is_file(), "{file}");
            }
        }
    }
}

#[test]
fn a_workspace_has_one_sdk() {
    let home = Home::new();
    let member = |name: &str| {
        let described = format!(
            "[package]\nname = {name:?}\nversion = \"1.2.3\"\nedition = \"2024\"\n{CDYLIB}\n[dependencies]\nplugin-sdk.workspace = true\n"
        );
        home.write(&format!("site/plugins/{name}/Cargo.toml"), described);
        home.write(&format!("site/plugins/{name}/src/lib.rs"), GREETER);
    };
    member("one");
    member("two");
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"plugins/*\"]\nexclude = [\".driftless\"]\n\
                     [workspace.dependencies]\nplugin-sdk = { path = \".driftless/sdk/rust/plugin-sdk\" }\n";
    home.write("site/Cargo.toml", workspace);
    let lock = std::fs::read(repository().join("examples/Cargo.lock")).unwrap();
    home.write("site/Cargo.lock", lock);
    let outcome = build(&home, &["site"]);
    outcome.exits_with(0);
    assert!(
        outcome.stdout.contains("built one 1.2.3\n") && outcome.stdout.contains("built two 1.2.3\n"),
        "{}",
        outcome.stdout
    );
    assert!(!outcome.stderr.contains("warning"), "{}", outcome.stderr);
    assert!(home.path().join("site/.driftless/sdk/rust/plugin-sdk/src/lib.rs").is_file());
    assert!(!home.path().join("site/plugins/one/.driftless").exists());
}

#[test]
fn a_rust_plugin_as_a_component() {
    let home = Home::new();
    project(&home, "greeter", CDYLIB, GREETER);
    let described = home
        .read("greeter/Cargo.toml")
        .replace("plugin-sdk = {", "plugin-sdk = { features = [\"component\"],");
    home.write("greeter/Cargo.toml", described);
    let outcome = build(&home, &["greeter", "--out-dir", ".driftless/plugins"]);
    outcome.exits_with(0);
    assert!(outcome.stdout.contains("Rust as a component\n"), "{}", outcome.stdout);
    home.write("site.yml", "tasks: [{type: greeter.greet, who: world}]\n");
    let outcome = home.run(&["apply", "site.yml"]);
    outcome.exits_with(0);
    assert!(outcome.stdout.contains(r#""message":"Hello world""#), "{}", outcome.stdout);
}

#[test]
fn what_is_used_and_not_asked_for_is_told_where_it_is_used() {
    let home = Home::new();
    let code = GREETER.replace(
        "format!(\"Hello {}\", config.who)",
        "format!(\"Hello {}\", fs::read_to_string(\"/etc/hostname\").unwrap_or_default())",
    );
    project(&home, "asker", CDYLIB, &code);
    build(&home, &["asker"]).exits_with(3).says(
        "asker/Cargo.toml: it uses `plugin_sdk::fs`, at src/lib.rs:18, without asking for it: add `files(…)` to `#[plugin_sdk::plugin]`, as in `#[plugin_sdk::plugin(files(\"/etc/os-release\"))]`",
    );
    home.write(
        "asker/src/lib.rs",
        code.replace("#[plugin_sdk::plugin]", "#[plugin_sdk::plugin(files(\"/etc/hostname\"))]"),
    );
    build(&home, &["asker"]).exits_with(0);
}
