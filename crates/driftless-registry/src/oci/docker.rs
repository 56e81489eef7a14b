//! What Docker's settings have for a server: the file `config.json`, and the programs `docker-credential-NAME` that it names.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use driftless_plugin_api::json::Bounds;
use serde::Deserialize;

use super::login::Login;

const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// The bytes that a program may say.
const MAX_ANSWER_BYTES: u64 = 64 << 10;
/// How long a program may take: it may ask the user for a password of its own.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);

const BOUNDS: Bounds = Bounds { text_bytes: MAX_CONFIG_BYTES as usize, depth: 16, value_bytes: 16 << 20 };

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
struct Auth {
    #[serde(default)]
    auth: String,
    #[serde(default, rename = "identitytoken")]
    identity: String,
}

/// What a program says of a server.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    user: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// The login for a server, by its host and port, of the settings in a folder; `None` where they have none. No secret stands in an error.
pub(super) fn login(folder: &Path, authority: &str) -> Result<Option<Login>, String> {
    let path = folder.join("config.json");
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let bytes = match driftless_files::read_regular(&path, MAX_CONFIG_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(&error)),
    };
    // The message of the parser may show what stands there.
    let none = || wrong(&"it is none of Docker's settings");
    let config: Config =
        String::from_utf8(bytes).ok().and_then(|text| BOUNDS.read(&text).ok()).ok_or_else(none)?;
    let helper = config.helpers.iter().find(|(server, _)| names(server, authority));
    if let Some((server, program)) = helper {
        return asked(program, server);
    }
    let auth = config.auths.iter().find(|(server, _)| names(server, authority));
    match (auth, &config.store) {
        (Some((_, auth)), _) if !auth.identity.is_empty() => Ok(Some(Login::Identity(auth.identity.clone()))),
        (Some((_, auth)), _) if !auth.auth.is_empty() => {
            decoded(&auth.auth).map(Some).ok_or_else(|| wrong(&format!("`auth` of {authority} is none")))
        }
        // A login that a program keeps is named without what it is.
        (Some((server, _)), Some(program)) => asked(program, server),
        (None, Some(program)) => asked(program, authority),
        (_, None) => Ok(None),
    }
}

/// Whether an entry is one of a server. Docker writes some with a scheme and a path.
fn names(entry: &str, authority: &str) -> bool {
    let rest = entry.strip_prefix("https://").or_else(|| entry.strip_prefix("http://")).unwrap_or(entry);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    host == authority && matches!(path, "" | "v1" | "v1/" | "v2" | "v2/")
}

/// A user and a password, as base64 has them.
fn decoded(auth: &str) -> Option<Login> {
    let bytes = STANDARD.decode(auth.trim_end_matches('\0')).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Login::Password { user: user.to_owned(), password: password.trim_end_matches('\0').to_owned() })
}

/// Asks a program for the login of a server.
fn asked(program: &str, server: &str) -> Result<Option<Login>, String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if program.is_empty() || !program.bytes().all(is_name) {
        return Err(format!("Docker's settings name `{}`, which is no program", crate::printable(program)));
    }
    let name = format!("docker-credential-{program}");
    said_by(&mut Command::new(&name), server)
        .map_err(|why| format!("{name}, which Docker's settings name, has no answer: {why}"))
}

/// The login that a program knows for a server.
fn said_by(program: &mut Command, server: &str) -> Result<Option<Login>, String> {
    let mut child = program
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let said = answer(&mut child, server);
    if said.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let said = said?;
    if !status.success() {
        // All of them say it in these words.
        if String::from_utf8_lossy(&said).contains("credentials not found") {
            return Ok(None);
        }
        return Err(format!("it ended with {status}"));
    }
    let answer: Option<Answer> = String::from_utf8(said).ok().and_then(|text| BOUNDS.read(&text).ok());
    let Answer { user, secret } = answer.ok_or("what it says is no login")?;
    Ok(Some(match &*user {
        "<token>" => Login::Identity(secret),
        _ => Login::Password { user, password: secret },
    }))
}

/// What a program says when it is told a server.
fn answer(child: &mut Child, server: &str) -> Result<Vec<u8>, String> {
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("it has no pipes".to_owned());
    };
    // One that does not read is found out by its silence.
    let _ = stdin.write_all(format!("{server}\n").as_bytes());
    drop(stdin);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(driftless_files::read_bounded(stdout, MAX_ANSWER_BYTES)));
    match receiver.recv_timeout(PROGRAM_TIMEOUT) {
        Ok(said) => said.map_err(|error| error.to_string()),
        Err(_) => Err(format!("it is silent for {} seconds", PROGRAM_TIMEOUT.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: &str, authority: &str) -> Result<Option<Login>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        login(folder.path(), authority)
    }

    #[test]
    fn a_login_is_found_by_its_server() {
        let password = |user: &str, password: &str| {
            Some(Login::Password { user: user.to_owned(), password: password.to_owned() })
        };
        let config = r#"{"auths": {
            "plugins.example.com": {"auth": "dXNlcjpwYXNzOndvcmQ="},
            "https://other.example.com:5000/v2/": {"auth": "YTpi"},
            "plugins.example.com/team": {"auth": "YzpkCg=="},
            "acr.example.com": {"auth": "MDo=", "identitytoken": "refresh"}
        }, "HttpHeaders": {"User-Agent": "x"}}"#;
        assert_eq!(of(config, "plugins.example.com").unwrap(), password("user", "pass:word"));
        assert_eq!(of(config, "other.example.com:5000").unwrap(), password("a", "b"));
        assert_eq!(of(config, "acr.example.com").unwrap(), Some(Login::Identity("refresh".to_owned())));
        for other in ["other.example.com", "example.com", "plugins.example.com:443", "s.example.com"] {
            assert_eq!(of(config, other).unwrap(), None, "{other}");
        }
        assert_eq!(login(Path::new("/does/not/exist"), "plugins.example.com").unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_told_the_server_and_says_the_login() {
        let of = |script: &str| said_by(Command::new("sh").args(["-c", script]), "a.example.com");
        let answer = r#"read server; printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}' "$server" "$0" "$server""#;
        let password = Login::Password { user: "get".to_owned(), password: "a.example.com".to_owned() };
        assert_eq!(of(answer).unwrap(), Some(password));
        let token = answer.replace("\"$0\"", "'<token>'");
        assert_eq!(of(&token).unwrap(), Some(Login::Identity("a.example.com".to_owned())));
        assert_eq!(of("echo credentials not found in native keychain; exit 1").unwrap(), None);
        for wrong in ["exit 1", "echo secret", "yes secret", "kill -9 $$"] {
            let error = of(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_shows_no_secret() {
        for config in [
            "{",
            r#"{"auths": {"a.example.com": {"auth": "c2VjcmV0"}}}"#,
            r#"{"auths": {"a.example.com": {"auth": "secret!"}}}"#,
            r#"{"auths": {"a.example.com": {"auth": ["secret"]}}}"#,
            r#"{"credsStore": "../secret"}"#,
            r#"{"credHelpers": {"a.example.com": ""}}"#,
            r#"{"credsStore": "is-not-installed-anywhere"}"#,
        ] {
            let error = of(config, "a.example.com").unwrap_err();
            assert!(!error.contains("c2Vj") && !error.contains("\"secret"), "{error}");
        }
    }
}
