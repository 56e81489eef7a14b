//! Random strings, every character as likely as every other.

use plugin_sdk::serde::Deserialize;

/// The characters that a random string is made of.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(crate = "plugin_sdk::serde", rename_all = "lowercase")]
pub(crate) enum Alphabet {
    /// Letters of both cases and digits.
    Alphanumeric,
    /// Letters of both cases.
    Letters,
    /// Lower case letters.
    Lowercase,
    /// Upper case letters.
    Uppercase,
    /// Digits.
    Digits,
    /// Hexadecimal digits, lower case.
    Hex,
    /// Letters and digits that are not mistaken for each other: without `0`, `O`, `1`, `l`, `I`.
    Unambiguous,
    /// Letters, digits and punctuation: every printable ASCII character but the space, quotes, `` ` ``, `\` and `$`.
    Symbols,
}

impl Alphabet {
    pub(crate) fn characters(self) -> &'static [u8] {
        match self {
            Self::Alphanumeric => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            Self::Letters => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            Self::Lowercase => b"abcdefghijklmnopqrstuvwxyz",
            Self::Uppercase => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Digits => b"0123456789",
            Self::Hex => b"0123456789abcdef",
            Self::Unambiguous => b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789",
            Self::Symbols => {
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#%&()*+,-./:;<=>?@[]^_{|}~"
            }
        }
    }
}

/// A string of `length` characters, out of 64 random bits at a time.
///
/// A remainder (`bits % count`) would favour the first characters. Instead it takes just enough bits for the largest
/// index, and throws away those that make a larger number.
pub(crate) fn string(length: usize, alphabet: Alphabet, mut random: impl FnMut() -> u64) -> String {
    let characters = alphabet.characters();
    let bits = (characters.len() - 1).ilog2() + 1;
    let mut string = String::with_capacity(length);
    let (mut pool, mut left) = (0, 0);
    while string.len() < length {
        if left < bits {
            (pool, left) = (random(), u64::BITS);
        }
        let index = (pool & ((1 << bits) - 1)) as usize;
        pool >>= bits;
        left -= bits;
        if let Some(&character) = characters.get(index) {
            string.push(char::from(character));
        }
    }
    string
}
