//! Environment variables of the host.
//!
//! ```
//! #[plugin_sdk::plugin(environment("DEPLOY_TOKEN"))]
//! mod deploy {
//!     use plugin_sdk::prelude::*;
//!
//!     /// Says whether there is a token.
//!     #[task]
//!     fn check_token() -> Result<&'static str> {
//!         match env::var("DEPLOY_TOKEN")? {
//!             Some(_) => Ok("there is a token"),
//!             None => bail!("set DEPLOY_TOKEN"),
//!         }
//!     }
//! }
//!
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let _host = testing::host(FakeHost::new().var("DEPLOY_TOKEN", "secret"));
//! assert_eq!(execute_task("check_token", "{}"), r#"{"status":"success","message":"there is a token"}"#);
//! ```

use driftless_plugin_api::host_call::EnvironmentRequest;

use crate::{HostError, Result, request};

/// The value of an environment variable; `None` where it is not set.
///
/// It needs the permission to read this variable: `#[plugin(environment("DEPLOY_TOKEN"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().var("LANG", None));
/// use plugin_sdk::env;
///
/// let language = env::var("LANG")?.unwrap_or_else(|| "C".to_owned());
/// assert_eq!(language, "C");
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission, or where the value is not UTF-8.
pub fn var(name: impl AsRef<str>) -> Result<Option<String>, HostError> {
    let (answer, _) = request::environment(&EnvironmentRequest { name: name.as_ref().to_owned() })?;
    Ok(answer.value)
}
