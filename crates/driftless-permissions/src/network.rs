//! URLs, and what a host in a permission covers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

use crate::Malformed;

/// A URL that a plugin may ask for: absolute, `http` or `https`, without a user in it.
///
/// Its text is what the parser made of it, so that a second parser reads the same: `http://0x7f.1/` has become `http://127.0.0.1/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// When it is not of this form.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        Self::check(Url::parse(text), text)
    }

    /// Reads where a redirect from here leads.
    ///
    /// # Errors
    ///
    /// When that is no URL that a plugin may ask for.
    pub fn join(&self, location: &str) -> Result<Self, Malformed> {
        Self::check(self.0.join(location), location)
    }

    fn check(parsed: Result<Url, url::ParseError>, text: &str) -> Result<Self, Malformed> {
        let wrong = |why| Err(Malformed::new(text, why));
        let Ok(mut url) = parsed else {
            return wrong("it is no absolute URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("a URL begins with `https://` or `http://`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("a URL has no user and no password in it; use a header");
        }
        // The parser lets more into a name than names have, also a `*` in the disguise of another letter.
        if let Some(Host::Domain(name)) = url.host() {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if name.starts_with('.') || name.contains("..") || !name.bytes().all(fits) {
                return wrong("a name is letters, digits, `-` and `_`, with single dots in it");
            }
        }
        // It never leaves this machine.
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// `https`, or `http`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name or address.
    pub fn host(&self) -> Host<&str> {
        self.0.host().expect("an http URL has a host")
    }

    /// Whether its host is this machine, by a name or an address that can mean no other.
    ///
    /// ```
    /// use driftless_permissions::HttpUrl;
    ///
    /// assert!(HttpUrl::parse("http://127.0.0.1:8080/")?.is_this_machine());
    /// assert!(!HttpUrl::parse("http://localhost.example.com/")?.is_this_machine());
    /// # Ok::<(), driftless_permissions::Malformed>(())
    /// ```
    pub fn is_this_machine(&self) -> bool {
        match self.host() {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    /// The entry of a `Network` permission that covers this place and no other: `https://api.example.com`, `http://localhost:8080`.
    pub fn origin(&self) -> HostPattern {
        let names = Names::One(self.host().to_owned());
        HostPattern { https: self.is_https(), names, port: self.port() }
    }

    /// The port, of the scheme where the URL has none.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().expect("http and https have a port")
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An entry of a `Network` permission that names a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    https: bool,
    names: Names,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    One(Host),
    /// Every name that ends in a dot and this.
    Below(String),
    All,
}

impl HostPattern {
    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// When it is not of one of the forms that the crate's page shows.
    pub fn parse(entry: &str) -> Result<Self, Malformed> {
        let wrong = |why| Malformed::new(entry, why);
        let (https, authority) = match entry.split_once("://") {
            None => (true, entry),
            Some(("https", authority)) => (true, authority),
            Some(("http", authority)) => (false, authority),
            Some(_) => return Err(wrong("a host stands behind `https://` or `http://`")),
        };
        if authority.is_empty() || authority.contains(['/', '?', '#', '@', '\\', '%']) {
            return Err(wrong("a host has no path, no user and no query: `https://api.example.com`"));
        }
        if authority.chars().any(|char| char.is_control() || char.is_whitespace()) {
            return Err(wrong("a host has no spaces"));
        }
        if authority.ends_with(':') {
            return Err(wrong("behind `:` stands a port"));
        }
        // The star is taken out and the rest read by the parser that reads the URLs of plugins.
        let (star, rest) = match authority.strip_prefix('*') {
            None => (None, authority.to_owned()),
            Some(rest) => match rest.strip_prefix('.') {
                Some(rest) => (Some(false), rest.to_owned()),
                None if rest.is_empty() || rest.starts_with(':') => {
                    (Some(true), format!("any.invalid{rest}"))
                }
                None => return Err(wrong("`*` stands for whole names: `*.example.com`, or alone")),
            },
        };
        if rest.contains('*') {
            return Err(wrong("`*` stands at the beginning: `*.example.com`"));
        }
        let scheme = if https { "https" } else { "http" };
        let url = HttpUrl::parse(&format!("{scheme}://{rest}/"))
            .map_err(|_| wrong("it is no host; an IPv6 address stands in brackets"))?;
        let names = match (star, url.host().to_owned()) {
            (None, host) => Names::One(host),
            (Some(true), _) => Names::All,
            (Some(false), Host::Domain(name)) => Names::Below(name),
            (Some(false), _) => return Err(wrong("an address has no names below it")),
        };
        Ok(Self { https, names, port: url.port() })
    }

    /// Whether a URL leads to such a place. What its name resolves to is another question.
    pub fn covers(&self, url: &HttpUrl) -> bool {
        let named = match (&self.names, url.host()) {
            (Names::All, _) => true,
            (Names::One(host), asked) => host.as_ref_host() == asked,
            (Names::Below(name), Host::Domain(asked)) => is_below(asked, name),
            (Names::Below(_), _) => false,
        };
        named && self.https == url.is_https() && self.port == url.port()
    }

    /// What both cover, as one entry: of two that have anything in common, one covers all of the other.
    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        if self.names_include(other) {
            Some(other.clone())
        } else if other.names_include(self) {
            Some(self.clone())
        } else {
            None
        }
    }

    fn names_include(&self, other: &Self) -> bool {
        let named = match (&self.names, &other.names) {
            (Names::All, _) => true,
            (one, another) if one == another => true,
            (Names::Below(name), Names::Below(asked) | Names::One(Host::Domain(asked))) => {
                is_below(asked, name)
            }
            _ => false,
        };
        named && self.https == other.https && self.port == other.port
    }

    /// Whether the entry names an address, or `localhost`, rather than a name that leads to one.
    pub fn is_address(&self) -> bool {
        match &self.names {
            Names::One(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            Names::One(Host::Domain(name)) => name == "localhost",
            Names::Below(_) | Names::All => false,
        }
    }

    /// The addresses that the entry names; of `localhost` those that it has everywhere.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        match &self.names {
            Names::One(Host::Ipv4(address)) => vec![(*address).into()],
            Names::One(Host::Ipv6(address)) => vec![(*address).into()],
            Names::One(Host::Domain(name)) if name == "localhost" => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            _ => Vec::new(),
        }
    }

    /// Whether the entry itself says that this address is meant: it is the address, or `localhost` and one of this machine's own.
    pub(crate) fn names_address(&self, address: IpAddr) -> bool {
        match (&self.names, address) {
            (Names::One(Host::Ipv4(named)), IpAddr::V4(address)) => *named == address,
            (Names::One(Host::Ipv6(named)), IpAddr::V6(address)) => *named == address,
            (Names::One(Host::Domain(name)), address) => name == "localhost" && address.is_loopback(),
            _ => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.https { "https://" } else { "http://" })?;
        match &self.names {
            Names::One(host) => write!(f, "{host}"),
            Names::Below(name) => write!(f, "*.{name}"),
            Names::All => f.write_str("*"),
        }?;
        if self.port != if self.https { 443 } else { 80 } {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// What the entry of a range of addresses begins with.
pub(crate) const ADDRESS: &str = "address:";

/// Reads a range of addresses, `address:10.0.0.0/8` or `address:10.1.2.3`.
pub(crate) fn address_range(entry: &str) -> Result<IpNet, Malformed> {
    let range = entry.strip_prefix(ADDRESS).unwrap_or(entry);
    let one = || range.parse::<IpAddr>().ok().map(IpNet::from);
    let range = range.parse::<IpNet>().ok().or_else(one);
    range
        .map(|range| range.trunc())
        .ok_or_else(|| Malformed::new(entry, "a range of addresses is like `address:10.0.0.0/8`"))
}

/// Whether an address is one of the public internet: routable, and reserved for no special purpose.
///
/// This is a list of what is allowed, after the IANA registries of special-purpose addresses: for IPv6, global unicast alone.
/// An IPv4 address inside an IPv6 one counts as what it is.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || (a == 100 && (64..128).contains(&b)) // shared by providers
        || (a == 169 && b == 254) // link-local, and the metadata of clouds
        || [a, b, c, d] == [168, 63, 129, 16] // the same of one that has a public address for it
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2)) // protocol assignments, documentation
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || (a == 198 && b == 51 && c == 100) // documentation
        || (a == 203 && b == 0 && c == 113) // documentation
        || a >= 224) // multicast, reserved, broadcast
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        // NAT64, the well-known prefix: the way to IPv4 on networks that have none.
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => is_public_v4(v4(g, h)),
        // Teredo, benchmarks, ORCHID and others.
        (0x2001, 0x0000..0x0200) => false,
        // Documentation.
        (0x2001, 0x0db8) | (0x3fff, 0x0000..0x1000) => false,
        // 6to4 has an IPv4 address inside.
        (0x2002, high) => is_public_v4(v4(high, c)),
        _ => a & 0xe000 == 0x2000,
    }
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).and_then(|rest| rest.strip_suffix('.')).is_some_and(|rest| !rest.is_empty())
}

/// [`Host`] borrows only in one direction.
trait AsRefHost {
    fn as_ref_host(&self) -> Host<&str>;
}

impl AsRefHost for Host {
    fn as_ref_host(&self) -> Host<&str> {
        match self {
            Self::Domain(name) => Host::Domain(name),
            Self::Ipv4(address) => Host::Ipv4(*address),
            Self::Ipv6(address) => Host::Ipv6(*address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(entry: &str, url: &str) -> bool {
        HostPattern::parse(entry).unwrap().covers(&HttpUrl::parse(url).unwrap())
    }

    #[test]
    fn scheme_and_port_are_part_of_it() {
        assert!(covers("api.example.com", "https://api.example.com/x?y"));
        assert!(covers("https://API.example.com:443", "https://api.example.com"));
        assert!(!covers("api.example.com", "http://api.example.com"));
        assert!(!covers("http://api.example.com", "https://api.example.com"));
        assert!(!covers("https://api.example.com", "https://api.example.com:8443"));
        assert!(covers("http://localhost:8080", "http://localhost:8080/"));
        assert!(covers("http://[::1]:1", "http://[0:0::1]:1/"));
        assert!(covers("http://127.0.0.1", "http://0x7f.1/"));
    }

    #[test]
    fn a_star_stands_for_names_below() {
        assert!(covers("https://*.example.com", "https://a.example.com"));
        assert!(covers("https://*.example.com", "https://a.b.example.com"));
        assert!(!covers("https://*.example.com", "https://example.com"));
        assert!(!covers("https://*.example.com", "https://evilexample.com"));
        assert!(!covers("https://*.example.com", "https://example.com.evil.org"));
        assert!(!covers("https://*.example.com", "https://a.example.com."));
        assert!(covers("https://*", "https://anything.org"));
        assert!(!covers("https://*", "http://anything.org"));
        assert!(covers("http://*:8080", "http://anything.org:8080"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "",
            "https://",
            "ftp://a.b",
            "https://a.b/c",
            "https://u@a.b",
            "a.b/",
            "https://*a.b",
            "https://a.*.b",
            "https://*.*",
            "https://*.1.2.3.4",
            "https://a b",
            "http://::1",
            "https://a.b:99999",
            "https://a.b#",
            "a\\b",
            "file:///etc/passwd",
            "https://%2e",
            "http://1.2.3.4.5",
            "a.b:",
            "*:",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["http://u:p@a.b/", "file:///etc", "/x", "data:,x", "http://"] {
            assert!(HttpUrl::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn entries_print_as_they_are_meant() {
        for (entry, shown) in [
            ("a.b", "https://a.b"),
            ("http://a.b:80", "http://a.b"),
            ("http://a.b:443", "http://a.b:443"),
            ("*.a.b", "https://*.a.b"),
            ("http://*:1", "http://*:1"),
            ("http://[::1]", "http://[::1]"),
            ("bücher.example", "https://xn--bcher-kva.example"),
        ] {
            let pattern = HostPattern::parse(entry).unwrap();
            assert_eq!(pattern.to_string(), shown);
            assert_eq!(HostPattern::parse(shown).unwrap(), pattern);
        }
    }

    #[test]
    fn special_addresses_are_not_public() {
        for special in [
            "0.0.0.0",
            "168.63.129.16",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "::127.0.0.1",
            "100::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2606:4700::1111",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
