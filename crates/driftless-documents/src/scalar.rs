//! What a scalar without quotes is: YAML 1.2's core schema.
//!
//! <https://yaml.org/spec/1.2.2/#1032-tag-resolution>

use serde_json::Number;

/// What a text without quotes stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text,
}

/// Resolves a scalar. The error says why a number cannot be kept.
pub(crate) fn resolve(text: &str) -> Result<Scalar, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Scalar::Null),
        "true" | "True" | "TRUE" => return Ok(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Scalar::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_digits(unsigned) {
        return integer(text, text, 10).map(Scalar::Number);
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return integer(text, digits, radix).map(Scalar::Number);
        }
    }
    if is_float(unsigned) {
        return float(text).map(Scalar::Number);
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(not_finite(text));
    }
    Ok(Scalar::Text)
}

/// An integer as it is written, with a sign if it has one. `digits` is what of it is read, to this radix.
pub(crate) fn integer(written: &str, digits: &str, radix: u32) -> Result<Number, String> {
    // What does not begin with a minus fits into 64 bits without a sign.
    let signed = i64::from_str_radix(digits, radix).map(Number::from);
    signed.or_else(|_| u64::from_str_radix(digits, radix).map(Number::from)).map_err(|_| {
        format!("the integer {written} has more than 64 bits; write it in quotes to keep its digits as text")
    })
}

/// A float as it is written.
pub(crate) fn float(written: &str) -> Result<Number, String> {
    let number: f64 = written.parse().map_err(|_| format!("`{written}` is no number"))?;
    if !number.is_finite() {
        return Err(format!(
            "the number {written} is beyond what a float can be; write it in quotes to keep it as text"
        ));
    }
    Number::from_f64(number).ok_or_else(|| not_finite(written))
}

/// Infinity, or what is not a number.
pub(crate) fn not_finite(written: &str) -> String {
    format!(
        "`{written}` is refused, since values have neither infinity nor NaN; write it in quotes if text is meant"
    )
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    let is_exponent =
        exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    is_mantissa && is_exponent
}
