//! Who asks, and whether they may.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::http::{HeaderMap, header};

use crate::event::Event;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::state::State;
use crate::tokens::TokenInfo;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// With which token, which counts.
    pub(crate) token: Option<Arc<TokenInfo>>,
}

impl Caller {
    /// The token that a request shows.
    pub(crate) fn of(state: &State, headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut shown = headers.get_all(header::AUTHORIZATION).iter();
        let Some(first) = shown.next() else { return Ok(Self { token: None }) };
        if shown.next().is_some() {
            return Err(Refusal::malformed("there are several headers `Authorization`"));
        }
        let Some(tokens) = &state.tokens else {
            return Err(Refusal::no_token("this registry knows no tokens"));
        };
        let Some(token) = bearer(first.as_bytes()) else {
            return Err(Refusal::no_token("`Authorization` is `Bearer` and a token"));
        };
        let found = tokens.find(token, SystemTime::now()).map_err(|unusable| {
            if let Some(why) = unusable.news {
                state.emit(&Event::TokensUnusable { why });
            }
            Refusal::failed()
        })?;
        let token = found.ok_or_else(|| Refusal::no_token("the token is unknown, revoked or expired"))?;
        state.by_token.take(&token.name, Instant::now()).map_err(Refusal::too_many)?;
        Ok(Self { token: Some(token) })
    }

    /// The token, which has a scope that is enough.
    pub(crate) fn with_scope(
        &self,
        state: &State,
        is_enough: impl Fn(&Scope) -> bool,
        wanted: &str,
    ) -> Result<&TokenInfo, Refusal> {
        if state.tokens.is_none() {
            return Err(Refusal::read_only());
        }
        let Some(token) = &self.token else {
            return Err(Refusal::no_token(format!("a token with the scope `{wanted}` is needed")));
        };
        if token.scopes.iter().any(is_enough) {
            Ok(token)
        } else {
            Err(Refusal::scope(format!("the token `{}` has no scope `{wanted}`", token.name)))
        }
    }

    /// Whether the token may do everything.
    pub(crate) fn is_admin(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.scopes.contains(&Scope::Admin))
    }
}

/// The token behind `Bearer`.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, token) = value.split_at(space);
    scheme.eq_ignore_ascii_case(b"bearer").then_some(token.trim_ascii())
}

/// The address that asks. Behind a proxy that is trusted it is the last one that the proxy did not write itself; what stands before that, anyone can
/// have written.
pub(crate) fn address(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.ip().to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let told: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut nearest = peer;
    for address in told.into_iter().rev() {
        let Ok(address) = address.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !trusted.contains(&nearest) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_trusted_proxy_says_who_asks() {
        let trusted: [IpAddr; 2] = ["127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap()];
        let of = |peer: &str, forwarded: &'static str| {
            let mut headers = HeaderMap::new();
            if !forwarded.is_empty() {
                headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            }
            address(peer.parse().unwrap(), &headers, &trusted).to_string()
        };
        assert_eq!(of("192.0.2.1:1", "198.51.100.7"), "192.0.2.1");
        assert_eq!(of("127.0.0.1:1", ""), "127.0.0.1");
        assert_eq!(of("127.0.0.1:1", "198.51.100.7"), "198.51.100.7");
        assert_eq!(of("[::ffff:127.0.0.1]:1", "203.0.113.9, 198.51.100.7"), "198.51.100.7");
        assert_eq!(of("127.0.0.1:1", "198.51.100.7, 10.0.0.1"), "198.51.100.7");
        assert_eq!(of("127.0.0.1:1", "198.51.100.7, nonsense"), "127.0.0.1");
    }

    #[test]
    fn a_token_stands_behind_bearer() {
        assert_eq!(bearer(b"Bearer x"), Some(&b"x"[..]));
        assert_eq!(bearer(b"bearer  x "), Some(&b"x"[..]));
        assert_eq!(bearer(b"Basic x"), None);
        assert_eq!(bearer(b"x"), None);
    }
}
