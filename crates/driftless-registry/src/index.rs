//! The file of a plugin in a registry's index: one line of JSON for each release.

use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_validator::PluginFile;
use serde::{Deserialize, Serialize};

use crate::statement::{MAX_STATEMENT_BYTES, Statement, Target};

/// The most bytes of a plugin's file in the index.
pub const MAX_INDEX_BYTES: u64 = 16 << 20;
/// The most releases of a plugin.
pub const MAX_RELEASES: usize = 10_000;

/// The form of a line that this program knows. Lines of later forms are left out, so that a registry can begin to write them.
const FORM: u32 = 1;

/// A release, as a registry tells of it. Nothing of it is proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// What its publisher said.
    pub statement: Statement,
    /// That, byte for byte.
    pub text: String,
    /// The signature over it. A registry without signatures has none.
    pub signature: Option<String>,
    /// Whether it is withdrawn: no new installation takes it.
    pub is_yanked: bool,
    /// Why it is revoked, where it is: no installation may run it on.
    pub revoked: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    v: u32,
    statement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    yanked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<String>,
}

#[derive(Deserialize)]
struct Form {
    v: u32,
}

/// What a line may be like before it is read: a statement, of which every character may be escaped, and a signature.
const BOUNDS: Bounds = Bounds { text_bytes: 8 * MAX_STATEMENT_BYTES, depth: 4, value_bytes: 2 << 20 };

impl Release {
    /// As a line of the index, without its end.
    pub fn to_line(&self) -> String {
        let line = Line {
            v: FORM,
            statement: self.text.clone(),
            signature: self.signature.clone(),
            yanked: self.is_yanked,
            revoked: self.revoked.clone(),
        };
        serde_json::to_string(&line).expect("a line is plain data")
    }

    /// The release of a file of which a registry has told an outline: what the manifest in the file says, in the place of what was told.
    ///
    /// # Errors
    ///
    /// When the file has no manifest that can be published, or is another plugin or version.
    pub(crate) fn completed_by(&self, bytes: &[u8]) -> Result<Self, String> {
        let told = &self.statement;
        let file = PluginFile::inspect(bytes.to_vec());
        let manifest = file.info().manifest().ok_or("it has no manifest")?;
        let target = Target {
            registry: &told.registry,
            namespace: &told.id.namespace,
            published: told.published,
            is_security_fix: false,
        };
        let statement = Statement::of(manifest, bytes, &target).map_err(|error| error.to_string())?;
        if statement.id != told.id || statement.version != told.version {
            return Err(format!("its file is {} {}", statement.id, statement.version));
        }
        let text = statement.to_text();
        // What is kept of it is read again at every start.
        let statement = Statement::parse(&text)?;
        Ok(Self { statement, text, ..self.clone() })
    }

    /// Reads a line of the index; `None` for one of a later form.
    fn parse(line: &str) -> Result<Option<Self>, String> {
        let form: Form = BOUNDS.read(line).map_err(|error| error.to_string())?;
        if form.v > FORM {
            return Ok(None);
        }
        let line: Line = BOUNDS.read(line).map_err(|error| error.to_string())?;
        let revoked = line.revoked.map(|why| printable_line(&truncated(&why, 300)).into_owned());
        Ok(Some(Self {
            statement: Statement::parse(&line.statement)?,
            text: line.statement,
            signature: line.signature,
            is_yanked: line.yanked,
            revoked,
        }))
    }
}

/// Reads a plugin's file of the index. Its lines are in the order in which they were published.
///
/// # Errors
///
/// Which line is wrong, and why.
pub fn parse(bytes: &[u8]) -> Result<Vec<Release>, String> {
    if bytes.len() as u64 > MAX_INDEX_BYTES {
        return Err(format!("it has more than {MAX_INDEX_BYTES} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let mut releases: Vec<Release> = Vec::new();
    let mut versions = std::collections::HashSet::new();
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        if number > MAX_RELEASES {
            return Err(format!("it has more than {MAX_RELEASES} releases"));
        }
        let Some(release) = Release::parse(line).map_err(|why| format!("line {number}: {why}"))? else {
            continue;
        };
        let version = &release.statement.version;
        // What differs in build metadata only has one place in an order of versions.
        let key = (version.major, version.minor, version.patch, version.pre.clone());
        if !versions.insert(key) {
            return Err(format!("line {number}: version {version} is there twice"));
        }
        releases.push(release);
    }
    Ok(releases)
}
