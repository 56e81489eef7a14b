//! Filters and a function for templates.
//!
//! None of the names is one that the template engine has itself: `upper`, `replace`, `urlencode` and the like are there
//! without a plugin.

mod random;
#[cfg(test)]
mod tests;
mod text;

/// The plugin.
#[plugin_sdk::plugin]
mod template_filter_plugin {
    use base64::Engine as _;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
    use heck::{ToKebabCase as _, ToLowerCamelCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
    use plugin_sdk::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::random::{self, Alphabet};
    use super::text;

    /// Encodes text in Base64. `url_safe=true` uses `-` and `_` and no padding.
    #[template_filter]
    fn b64encode(value: String, #[default(false)] url_safe: bool) -> String {
        if url_safe {
            general_purpose::URL_SAFE_NO_PAD.encode(value)
        } else {
            general_purpose::STANDARD.encode(value)
        }
    }

    /// Padding or not: what comes from elsewhere has either.
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

    /// Decodes Base64, in either alphabet, with or without padding, on one line or on many.
    #[template_filter]
    fn b64decode(value: String) -> Result<String> {
        let one_line: String = value.split_ascii_whitespace().collect();
        let alphabet = match one_line.contains(['-', '_']) {
            true => &base64::alphabet::URL_SAFE,
            false => &base64::alphabet::STANDARD,
        };
        let bytes = GeneralPurpose::new(alphabet, LENIENT)
            .decode(one_line)
            .map_err(|error| Error::from(error).context("this is not Base64"))?;
        String::from_utf8(bytes).map_err(|_| Error::new("this is Base64 of bytes that are not UTF-8 text"))
    }

    /// The SHA-256 of a text's UTF-8 bytes, in hexadecimal.
    #[template_filter]
    fn sha256(value: String) -> String {
        Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Makes a name for addresses and files: ASCII, lower case, words joined by a separator.
    #[template_filter]
    fn slugify(value: String, #[default("-")] separator: String, max_length: Option<usize>) -> String {
        text::slug(&value, &separator, max_length.unwrap_or(usize::MAX))
    }

    /// Shortens text by leaving out its middle.
    #[template_filter]
    fn truncate_middle(
        value: String,
        #[default(40)] length: usize,
        #[default("…")] ellipsis: String,
    ) -> Result<String> {
        text::without_middle(value, length, &ellipsis)
    }

    /// Hides all but the last characters. Text that is no longer than what would be kept is hidden whole.
    #[template_filter]
    fn mask(value: String, #[default(4)] keep: usize, #[default("*")] symbol: String) -> String {
        text::masked(&value, keep, &symbol)
    }

    /// Writes a number of bytes for people: `1.5 MiB`, or with `binary=false` in powers of 1000, `1.6 MB`.
    #[template_filter]
    fn filesize(value: f64, #[default(true)] binary: bool, #[default(1)] decimals: usize) -> Result<String> {
        text::size(value, binary, decimals)
    }

    /// Writes a name in snake case: `max_open_files`.
    #[template_filter]
    fn to_snake(value: String) -> String {
        value.to_snake_case()
    }

    /// Writes a name in kebab case: `max-open-files`.
    #[template_filter]
    fn to_kebab(value: String) -> String {
        value.to_kebab_case()
    }

    /// Writes a name in camel case: `maxOpenFiles`.
    #[template_filter]
    fn to_camel(value: String) -> String {
        value.to_lower_camel_case()
    }

    /// Writes a name in Pascal case: `MaxOpenFiles`.
    #[template_filter]
    fn to_pascal(value: String) -> String {
        value.to_upper_camel_case()
    }

    /// Makes an unpredictable random string.
    #[template_function]
    fn random_string(length: usize, #[default(Alphabet::Alphanumeric)] alphabet: Alphabet) -> Result<String> {
        const MAX_LENGTH: usize = 4096;
        if length > MAX_LENGTH {
            bail!("a random string has at most {MAX_LENGTH} characters, not {length}");
        }
        Ok(random::string(length, alphabet, plugin_sdk::random))
    }
}
