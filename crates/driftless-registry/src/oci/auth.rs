//! Who asks: a login, the challenge of a server, and the tokens that are got for it.
//!
//! A login goes to the origin of the registry, and to the server of tokens that the settings name. Where a registry names another one, nothing is
//! shown to it. What a token is asked for (the scope) is what this program wants to do, not what the server says that it should ask for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use driftless_permissions::HttpUrl;
use driftless_plugin_api::json::Bounds;
use serde::Deserialize;
use ureq::Body;
use ureq::http::{HeaderMap, Method, Response};

use super::docker;
use super::login::Login;
use crate::error::TreeError;
use crate::http::{Client, Secret, check_redirect, may_see_token, shown};

/// The bytes of what a server of tokens says.
const MAX_ANSWER_BYTES: u64 = 64 << 10;
/// The bytes of a token.
const MAX_TOKEN_BYTES: usize = 16 << 10;

const BOUNDS: Bounds = Bounds { text_bytes: MAX_ANSWER_BYTES as usize, depth: 8, value_bytes: 4 << 20 };

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Reading a repository.
    Pull(String),
    /// Writing to it.
    Push(String),
    /// Which repositories there are.
    Catalog,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pull(repository) => write!(f, "repository:{repository}:pull"),
            Self::Push(repository) => write!(f, "repository:{repository}:pull,push"),
            Self::Catalog => f.write_str("registry:catalog:*"),
        }
    }
}

/// How a server wants to know who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String> },
}

/// What proves to one registry who asks.
#[derive(Debug, Default)]
pub(super) struct Auth {
    login: OnceLock<Option<Login>>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What the server said last.
    challenge: Option<Challenge>,
    /// The token of each scope.
    tokens: BTreeMap<String, String>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({} tokens)", self.tokens.len())
    }
}

impl Auth {
    /// Asks, and where the server wants to know who does, once more.
    pub(super) fn ask(
        &self,
        client: &Client,
        authority: &str,
        scope: &Scope,
        ask: impl Fn(Option<&Secret>) -> Result<(Response<Body>, HttpUrl), TreeError>,
    ) -> Result<(Response<Body>, HttpUrl), TreeError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).challenge.clone();
        let secret = match known {
            Some(challenge) => self.answer(client, authority, scope, &challenge, false)?,
            None => None,
        };
        let first = ask(secret.as_ref())?;
        // What another origin wants to know, to which the registry leads, it is not told.
        if first.0.status() != 401 || first.1.origin() != client.base().origin() {
            return Ok(first);
        }
        let Some(challenge) = challenge(first.0.headers()) else { return Ok(first) };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).challenge = Some(challenge.clone());
        match self.answer(client, authority, scope, &challenge, true)? {
            Some(secret) => ask(Some(&secret)),
            None => Ok(first),
        }
    }

    /// The answer to a challenge; `None` where this user has none. `is_anew` where the token of before does not count.
    fn answer(
        &self,
        client: &Client,
        authority: &str,
        scope: &Scope,
        challenge: &Challenge,
        is_anew: bool,
    ) -> Result<Option<Secret>, TreeError> {
        let login = self.login(client, authority)?;
        let (realm, service) = match (challenge, login) {
            (Challenge::Basic, login) => {
                let basic = login.and_then(Login::basic);
                return Ok(basic.map(|basic| Secret::new(basic, client.base())));
            }
            (_, Some(Login::Bearer(token))) => return Ok(Some(bearer(token, client))),
            (Challenge::Bearer { realm, service }, _) => (realm, service.as_deref()),
        };
        let scope = scope.to_string();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = known().tokens.get(&scope).filter(|_| !is_anew) {
            return Ok(Some(bearer(token, client)));
        }
        let token = fetch(client, realm, service, &scope, login)?;
        let secret = bearer(&token, client);
        let mut known = known();
        // Each is of a repository that was asked for, and asking for many has bounds of its own.
        if known.tokens.len() >= MAX_TOKENS {
            known.tokens.clear();
        }
        known.tokens.insert(scope, token);
        Ok(Some(secret))
    }

    /// What this user has for the registry: what the settings of driftless have, or those of Docker. It is looked for when a server wants to know.
    fn login(&self, client: &Client, authority: &str) -> Result<Option<&Login>, TreeError> {
        if let Some(login) = self.login.get() {
            return Ok(login.as_ref());
        }
        let options = client.options();
        let login = match (&options.token, &options.docker_config) {
            (Some(token), _) => Some(Login::of(&token.0)),
            (None, Some(folder)) => docker::login(folder, authority).map_err(|why| TreeError::Refused {
                url: shown(client.base().as_str()),
                why: format!("it wants to know who asks; {why}"),
            })?,
            (None, None) => None,
        };
        Ok(self.login.get_or_init(|| login).as_ref())
    }
}

/// The tokens that are kept, each for some minutes as servers have it.
const MAX_TOKENS: usize = 1_000;

fn bearer(token: &str, client: &Client) -> Secret {
    Secret::new(format!("Bearer {token}"), client.base())
}

/// What a server of tokens says. One of the two is there, or both.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

/// Gets a token.
fn fetch(
    client: &Client,
    realm: &str,
    service: Option<&str>,
    scope: &str,
    login: Option<&Login>,
) -> Result<String, TreeError> {
    let refused = |why: String| TreeError::Refused { url: shown(client.base().as_str()), why };
    let named = HttpUrl::parse(realm)
        .map_err(|error| refused(format!("it gives out its tokens at {}: {error}", shown(realm))))?;
    let allowed = client.options().token_server.as_deref();
    let allowed = allowed.map(HttpUrl::parse).transpose().map_err(|error| refused(error.to_string()))?;
    check_realm(client.base(), &named, allowed.as_ref(), login.is_some()).map_err(refused)?;
    let service = service.map(|service| format!("service={}&", escaped(service))).unwrap_or_default();
    let query = format!("{service}scope={}", escaped(scope));
    let (mut response, url) = match login {
        Some(Login::Identity(token)) => {
            let form = format!(
                "grant_type=refresh_token&client_id=driftless&{query}&refresh_token={}",
                escaped(token)
            );
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            (client.send_as(&Method::POST, &named, &headers, Some(form.as_bytes()), None)?, named)
        }
        login => {
            let separator = if named.as_str().contains('?') { '&' } else { '?' };
            let url = HttpUrl::parse(&format!("{}{separator}{query}", named.as_str()))
                .map_err(|error| refused(error.to_string()))?;
            let basic = login.and_then(Login::basic).map(|basic| Secret::new(basic, &url));
            client.get_as(&url, &[], basic.as_ref())?
        }
    };
    let status = response.status().as_u16();
    if status != 200 {
        return Err(TreeError::Status { url: shown(url.as_str()), status });
    }
    let bytes = client.read_body(&mut response, &url, MAX_ANSWER_BYTES)?;
    let answer: Option<Answer> = String::from_utf8(bytes).ok().and_then(|text| BOUNDS.read(&text).ok());
    let token = answer.and_then(|answer| answer.token.or(answer.access_token));
    let is_token = |token: &String| {
        (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    token.filter(is_token).ok_or_else(|| TreeError::Refused {
        url: shown(url.as_str()),
        why: "what it says has no token in it".to_owned(),
    })
}

/// Whether a token may be got there.
fn check_realm(
    registry: &HttpUrl,
    realm: &HttpUrl,
    allowed: Option<&HttpUrl>,
    has_login: bool,
) -> Result<(), String> {
    check_redirect(registry, realm)
        .map_err(|_| format!("it gives out its tokens at {}, without encryption", shown(realm.as_str())))?;
    if !has_login {
        return Ok(());
    }
    let origin = realm.origin();
    if origin != registry.origin() && allowed.is_none_or(|allowed| allowed.origin() != origin) {
        return Err(format!(
            "it gives out its tokens at another server, {origin}, which is not shown your login; where that is right, the \
             settings of the registry say so: token_server = \"{origin}\""
        ));
    }
    if !may_see_token(realm) {
        return Err(format!("a login is not sent to {origin} without encryption"));
    }
    Ok(())
}

/// The challenge of an answer that this program can meet: a token where there is a choice.
fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers.get_all("www-authenticate").iter().take(8).filter_map(|value| value.to_str().ok());
    let mut found: Vec<Challenge> = texts.flat_map(challenges).collect();
    let bearer = found.iter().position(|challenge| matches!(challenge, Challenge::Bearer { .. }));
    match bearer {
        Some(place) => Some(found.swap_remove(place)),
        None => found.pop(),
    }
}

/// The challenges of a header: `Bearer realm="…",service="…", Basic realm="…"`.
fn challenges(text: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '-' && char != '_');
        let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
        if word.is_empty() {
            break;
        }
        rest = behind.trim_start_matches([' ', '\t']);
        let Some(value) = rest.strip_prefix('=') else {
            found.push((word.to_ascii_lowercase(), BTreeMap::new()));
            continue;
        };
        let (value, behind) = value_of(value.trim_start_matches([' ', '\t']));
        rest = behind;
        if let Some((_, parameters)) = found.last_mut() {
            parameters.entry(word.to_ascii_lowercase()).or_insert(value);
        }
    }
    let known = |(scheme, mut parameters): (String, BTreeMap<String, String>)| match &*scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: parameters.remove("realm")?,
            service: parameters.remove("service"),
        }),
        _ => None,
    };
    found.into_iter().filter_map(known).collect()
}

/// The value at the beginning of a text, in quotes or without, and what stands behind it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        return text
            .find([',', ' '])
            .map_or((text.to_owned(), ""), |end| (text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((place, char)) = chars.next() {
        match char {
            '"' => return (value, &quoted[place + 1..]),
            '\\' => value.extend(chars.next().map(|(_, char)| char)),
            _ => value.push(char),
        }
    }
    (value, "")
}

/// A text as it stands in a query.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let bearer = |realm: &str, service: Option<&str>| Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
        };
        for (text, expected) in [
            ("Basic realm=\"Registry\"", vec![Challenge::Basic]),
            ("BASIC", vec![Challenge::Basic]),
            (
                "Bearer realm=\"https://a.example.com/token\",service=\"a.example.com\",scope=\"repository:x:pull,push\"",
                vec![bearer("https://a.example.com/token", Some("a.example.com"))],
            ),
            ("bearer Realm = https://a/ , x=y", vec![bearer("https://a/", None)]),
            (
                "Negotiate, Basic realm=\"a\", Bearer realm=\"b\\\"c\"",
                vec![Challenge::Basic, bearer("b\"c", None)],
            ),
            ("Bearer service=\"x\"", vec![]),
            ("Bearer realm=\"unclosed", vec![bearer("unclosed", None)]),
            ("Bearer realm=\"ends in\\", vec![bearer("ends in", None)]),
            ("=,=\"\",,", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(challenges(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_as_challenges(text in "([a-zA-Z\"=, \\\\é]|realm|Bearer ){0,40}") {
            challenges(&text);
        }
    }

    #[test]
    fn a_login_is_shown_to_no_other_server() {
        let url = |text: &str| HttpUrl::parse(text).unwrap();
        let own = url("https://registry.example.com/");
        let named = url("https://auth.example.com/");
        let may = |realm: &str, allowed: Option<&HttpUrl>, has_login| {
            check_realm(&own, &url(realm), allowed, has_login).is_ok()
        };
        assert!(may("https://registry.example.com/token", None, true));
        assert!(may("https://auth.example.com/token?x=y", Some(&named), true));
        for foreign in [
            "https://auth.example.com/token",
            "https://registry.example.com:8443/token",
            "https://registry.example.com.evil.example.com/token",
        ] {
            assert!(!may(foreign, None, true), "{foreign}");
            assert!(may(foreign, None, false), "nothing is shown to {foreign}");
        }
        assert!(!may("https://other.example.com/token", Some(&named), true));
        for plain in ["http://registry.example.com/token", "http://127.0.0.1/token"] {
            assert!(!may(plain, None, true) && !may(plain, None, false), "{plain}");
        }
    }

    #[test]
    fn queries_are_escaped() {
        assert_eq!(escaped("repository:a/b:pull,push é&"), "repository%3Aa%2Fb%3Apull%2Cpush%20%C3%A9%26");
    }
}
