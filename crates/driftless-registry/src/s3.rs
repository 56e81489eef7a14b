//! A registry in a bucket of S3, or of a server that speaks as S3 does.
//!
//! Requests are signed by their URLs, for a few minutes each, and go through the [`Client`] of registries with its bounds. Two that publish at once
//! lose nothing: a file that must not be there is written with `If-None-Match: *`, and one that was read with `If-Match`.

use std::fs::File;
use std::time::Duration;

use driftless_permissions::HttpUrl;
use rusty_s3::actions::{GetObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use ureq::http::Method;

use crate::bucket::BucketOptions;
use crate::error::TreeError;
use crate::http::{Client, HttpOptions, HttpTree, Sign, may_see_token, shown_url};
use crate::tree::{Expected, Opened, Tree, Versioned, WritableTree};

/// How long a signed URL is good for. What a request takes when it has begun does not count.
const SIGNED_FOR: Duration = Duration::from_secs(5 * 60);

/// A tree in a bucket.
#[derive(Debug)]
pub struct S3Tree {
    tree: HttpTree,
    url: String,
}

impl S3Tree {
    /// The tree at `s3://bucket` or `s3://bucket/prefix`.
    ///
    /// # Errors
    ///
    /// Why there can be no such tree: the URL is of another form, the region is not known, or what signs would be sent where others listen.
    pub fn new(url: &str, options: HttpOptions) -> Result<Self, String> {
        let (bucket, prefix) = parse(url)?;
        let BucketOptions { endpoint, region, credentials } = options.bucket.clone();
        let is_aws = endpoint.is_none();
        let region = region.or_else(|| (!is_aws).then(|| "us-east-1".to_owned()));
        let region = region.ok_or("the region of the bucket is not known; set `region` or AWS_REGION")?;
        if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err("a region is letters, digits and `-`, as `eu-west-1`".to_owned());
        }
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let endpoint = HttpUrl::parse(&endpoint).map_err(|error| error.to_string())?;
        if credentials.is_some() && !may_see_token(&endpoint) {
            let url = shown_url(&endpoint);
            return Err(format!("{url}: what signs for a bucket goes over https: only, and to this machine"));
        }
        // A certificate of AWS is for one label before its name.
        let style = if is_aws && !bucket.contains('.') { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let parsed = endpoint.as_str().parse().map_err(|error| format!("{endpoint}: {error}"))?;
        let bucket = Bucket::new(parsed, style, bucket.to_owned(), region)
            .map_err(|_| format!("{}: there is no such bucket", crate::printable(url)))?;
        let base = bucket.object_url(&prefix);
        let credentials = credentials.map(|credentials| {
            let (key_id, secret) = (credentials.key_id, credentials.secret.0);
            match credentials.session {
                Some(session) => Credentials::new_with_token(key_id, secret, session.0),
                None => Credentials::new(key_id, secret),
            }
        });
        // A token is for servers of registries.
        let client = Client::new(base.as_str(), HttpOptions { token: None, ..options })?;
        let signer = Signer { bucket, prefix, credentials };
        Ok(Self { tree: HttpTree::signed(client, Box::new(signer)), url: url.to_owned() })
    }

    fn refusal(&self, url: &HttpUrl, response: &mut ureq::http::Response<ureq::Body>) -> TreeError {
        self.tree.refusal(url, response)
    }
}

/// The bucket and the prefix, with a `/` at its end where there is one.
fn parse(url: &str) -> Result<(&str, String), String> {
    let shown = crate::printable(url);
    let rest = url.strip_prefix("s3://").ok_or_else(|| format!("{shown} is no `s3://bucket/prefix`"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = bucket.as_bytes();
    if !(3..=63).contains(&bytes.len())
        || !bytes.iter().all(|byte| fits(*byte))
        || !is_edge(bytes.first())
        || !is_edge(bytes.last())
        || bucket.contains("..")
    {
        return Err(format!("{shown}: a bucket's name is 3 to 63 small letters, digits, `-` and `.`"));
    }
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        return Ok((bucket, String::new()));
    }
    let is_part = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(fits)
    };
    if prefix.len() > 200 || !prefix.split('/').all(is_part) {
        return Err(format!(
            "{shown}: a prefix is ASCII letters, digits, `-`, `_` and `.`, with `/` between"
        ));
    }
    Ok((bucket, format!("{prefix}/")))
}

/// Signs the requests to a bucket.
#[derive(Debug)]
struct Signer {
    bucket: Bucket,
    prefix: String,
    credentials: Option<Credentials>,
}

impl Sign for Signer {
    fn url(&self, method: &Method, path: &str) -> HttpUrl {
        let key = format!("{}{path}", self.prefix);
        let credentials = self.credentials.as_ref();
        let url = if *method == Method::PUT {
            PutObject::new(&self.bucket, credentials, &key).sign(SIGNED_FOR)
        } else {
            GetObject::new(&self.bucket, credentials, &key).sign(SIGNED_FOR)
        };
        HttpUrl::parse(url.as_str()).expect("what is signed is a URL of the bucket, with a query")
    }

    fn refusal(&self, url: &HttpUrl, status: u16, body: &[u8]) -> TreeError {
        let url = shown_url(url);
        match (status, code(body), &self.credentials) {
            (401 | 403, code, credentials) => {
                let code = code.map_or(String::new(), |code| format!(" ({code})"));
                let with = match credentials {
                    Some(credentials) => format!(
                        "to the key `{}`; see what AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN have, and what the key may do",
                        crate::printable(credentials.key())
                    ),
                    None => "to a request without a key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                        .to_owned(),
                };
                TreeError::Refused { url, why: format!("the bucket answers {status}{code} {with}") }
            }
            (301 | 307 | 400, Some(code), _) => {
                let region = self.bucket.region();
                let why =
                    format!("the bucket answers {status} ({code}); it was asked in the region `{region}`");
                TreeError::Refused { url, why }
            }
            _ => TreeError::Status { url, status },
        }
    }
}

/// What S3 calls an error: the text of `<Code>`, a word.
fn code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (code, _) = text.split_once("<Code>")?.1.split_once("</Code>")?;
    let is_word =
        !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}

impl Tree for S3Tree {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TreeError> {
        self.tree.read(path, max_bytes)
    }

    fn accept(&self, path: &str) {
        self.tree.accept(path);
    }

    fn open(&self, path: &str, from: u64) -> Result<Option<Opened>, TreeError> {
        self.tree.open(path, from)
    }

    fn place(&self) -> String {
        self.url.clone()
    }
}

impl WritableTree for S3Tree {
    fn exclusive(&self) -> Result<Option<File>, TreeError> {
        Ok(None)
    }

    fn current(&self, path: &str, max_bytes: u64) -> Result<Option<Versioned>, TreeError> {
        let url = self.tree.url(&Method::GET, path);
        let client = self.tree.client();
        let mut response = client.get(&url, &[])?;
        match response.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.refusal(&url, &mut response)),
        }
        let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let tag = tag.filter(|tag| !tag.is_empty()).ok_or_else(|| {
            let why = "it has no ETag, so what others publish at the same time would be lost".to_owned();
            TreeError::Refused { url: shown_url(&url), why }
        })?;
        let bytes = client.read_body(&mut response, &url, max_bytes)?;
        Ok(Some(Versioned { bytes, tag }))
    }

    fn put(&self, path: &str, bytes: &[u8], expected: Expected<'_>) -> Result<bool, TreeError> {
        let condition = match expected {
            Expected::Missing => Some(("if-none-match", "*")),
            Expected::Tagged(tag) => Some(("if-match", tag)),
            Expected::Anything => None,
        };
        let url = self.tree.url(&Method::PUT, path);
        let mut headers = vec![("content-type", content_type(path))];
        headers.extend(condition);
        let mut response = self.tree.client().send(&Method::PUT, &url, &headers, bytes)?;
        match (response.status().as_u16(), expected) {
            (200 | 201 | 204, _) => Ok(true),
            // Another one was quicker, or is at it.
            (409 | 412, _) => Ok(false),
            // What was read has been removed since.
            (404, Expected::Tagged(_)) => Ok(false),
            (404, _) => {
                let why = "there is no such bucket; it is made with the tools of its server".to_owned();
                Err(TreeError::Refused { url: shown_url(&url), why })
            }
            _ => Err(self.refusal(&url, &mut response)),
        }
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "json")) => "application/json",
        Some((_, "jsonl")) => "application/jsonl",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::BucketCredentials;
    use crate::token::Token;

    fn options(endpoint: Option<&str>, region: Option<&str>) -> HttpOptions {
        let credentials =
            BucketCredentials { key_id: "id".to_owned(), secret: Token("hidden".to_owned()), session: None };
        let bucket = BucketOptions {
            endpoint: endpoint.map(str::to_owned),
            region: region.map(str::to_owned),
            credentials: Some(credentials),
        };
        HttpOptions { bucket, ..HttpOptions::default() }
    }

    #[test]
    fn a_bucket_is_found_by_its_name_or_beneath_its_server() {
        let base = |url: &str, endpoint, region| {
            let tree = S3Tree::new(url, options(endpoint, region)).unwrap();
            tree.tree.client().base().as_str().to_owned()
        };
        assert_eq!(
            base("s3://shelf/team/a/", None, Some("eu-west-1")),
            "https://shelf.s3.eu-west-1.amazonaws.com/team/a/"
        );
        assert_eq!(
            base("s3://my.shelf", None, Some("eu-west-1")),
            "https://s3.eu-west-1.amazonaws.com/my.shelf/"
        );
        assert_eq!(
            base("s3://shelf/x", Some("http://127.0.0.1:9000"), None),
            "http://127.0.0.1:9000/shelf/x/"
        );
    }

    #[test]
    fn what_would_leave_the_bucket_or_the_network_is_refused() {
        for url in [
            "s3://",
            "s3://ab",
            "s3://Shelf",
            "s3://a..b",
            "s3://-shelf",
            "s3://shelf/../x",
            "s3://shelf/a//b",
            "s3://shelf/a?b",
            "s3://shelf/a%2e",
            "s3://she@lf",
            "https://shelf",
            "s3://shelf/./x",
        ] {
            assert!(S3Tree::new(url, options(None, Some("eu-west-1"))).is_err(), "{url}");
        }
        let why = |endpoint, region| S3Tree::new("s3://shelf", options(endpoint, region)).unwrap_err();
        assert!(why(None, None).contains("AWS_REGION"));
        assert!(why(None, Some("eu-west-1.evil.example.com/")).contains("a region"));
        assert!(why(Some("http://minio.example.com"), None).contains("https: only"));
        assert!(why(Some("file:///tmp"), None).contains("file:///tmp"));
    }

    #[test]
    fn a_signature_is_in_no_message() {
        let tree = S3Tree::new("s3://shelf", options(Some("http://127.0.0.1:1"), None)).unwrap();
        let error = tree.read("config.json", 10).unwrap_err().to_string();
        assert!(error.starts_with("http://127.0.0.1:1/shelf/config.json: "), "{error}");
        assert!(tree.tree.url(&Method::GET, "config.json").as_str().contains("X-Amz-Signature="));
        assert!(!error.contains("X-Amz") && !format!("{tree:?}").contains("hidden"), "{error} {tree:?}");
    }
}
