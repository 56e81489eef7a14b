//! How a bucket of S3 is asked: where its server is, and by whom.

use std::fmt;

use crate::token::Token;

/// How a registry that is a bucket, `s3://bucket/prefix`, is asked.
///
/// ```
/// use driftless_registry::BucketOptions;
///
/// let variable = |name: &str| match name {
///     "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:9000".to_owned()),
///     "AWS_REGION" => Some("eu-west-1".to_owned()),
///     _ => None,
/// };
/// let options = BucketOptions::from_environment(variable);
/// assert_eq!(options.region.as_deref(), Some("eu-west-1"));
/// assert!(options.credentials.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketOptions {
    /// The URL of a server that speaks as S3 does; that of AWS where there is none.
    pub endpoint: Option<String>,
    /// The region. AWS has to be told one; other servers are told `us-east-1` where there is none.
    pub region: Option<String>,
    /// What requests are signed with. Without it they are not signed, which is enough for a bucket that everyone may read.
    pub credentials: Option<BucketCredentials>,
}

/// What requests to a bucket are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketCredentials {
    /// The id of the key. It is no secret.
    pub key_id: String,
    /// The key.
    pub secret: Token,
    /// What goes along with a key that is good for a while.
    pub session: Option<Token>,
}

impl fmt::Debug for BucketCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketCredentials({})", crate::printable(&self.key_id))
    }
}

impl BucketOptions {
    /// What the variables say that all tools for S3 read: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. One that is empty is none.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variable(name));
            values.find(|value| !value.trim().is_empty())
        };
        let credentials = || {
            Some(BucketCredentials {
                key_id: first(&["AWS_ACCESS_KEY_ID"])?,
                secret: Token(first(&["AWS_SECRET_ACCESS_KEY"])?),
                session: first(&["AWS_SESSION_TOKEN"]).map(Token),
            })
        };
        Self {
            endpoint: first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
            region: first(&["AWS_REGION", "AWS_DEFAULT_REGION"]),
            credentials: credentials(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_pair_signs_nothing_and_no_secret_is_shown() {
        let of = |pairs: &'static [(&str, &str)]| {
            BucketOptions::from_environment(move |name| {
                pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("AWS_ACCESS_KEY_ID", "id")]).credentials, None);
        assert_eq!(of(&[("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", " ")]).credentials, None);
        let all = of(&[
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
            ("AWS_SESSION_TOKEN", "hidden"),
            ("AWS_ENDPOINT_URL", "https://one.example.com"),
            ("AWS_ENDPOINT_URL_S3", "https://two.example.com"),
        ]);
        assert_eq!(all.endpoint.as_deref(), Some("https://two.example.com"));
        let shown = format!("{all:?}");
        assert!(shown.contains("id") && !shown.contains("hidden"), "{shown}");
    }
}
