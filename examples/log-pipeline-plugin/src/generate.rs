//! Made-up access logs: a few clients, pages that are there and pages that are not, now and then nonsense.

/// Lines in the combined format.
pub(crate) struct Lines {
    left: u64,
    random: u64,
    /// The Unix time of the next line.
    time: u64,
}

const USERS: &[&str] = &["-", "-", "-", "-", "-", "-", "ada", "grace"];
const PAGES: &[&str] = &[
    "/",
    "/",
    "/about",
    "/login",
    "/search?q=wasm",
    "/static/app.js",
    "/static/style.css",
    "/favicon.ico",
    "/api/items",
    "/api/items/17",
    "/healthz",
    "/caf\u{e9}",
];
const MISSING: &[&str] = &["/wp-login.php", "/.env", "/old/page", "/admin"];
const REFERERS: &[&str] = &["-", "-", "https://example.com/", "https://www.example.org/search?q=driftless"];
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    r"Tool \x22quoted\x22/1.0",
    "curl/8.5.0",
    "-",
];
/// What nginx writes when a client speaks TLS to a plain port.
const NONSENSE: &str = r"\x16\x03\x01\x00\xA5\x01\x00\x00\xA1\x03\x03";

impl Lines {
    pub(crate) fn new(count: u64, seed: u64, start: u64) -> Self {
        Self { left: count, random: seed, time: start }
    }

    /// A number below `end`. SplitMix64: good enough for what is made up, and the same for a seed everywhere.
    fn below(&mut self, end: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random ^ self.random >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % end
    }

    fn one_of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn line(&mut self) -> String {
        let host = self.below(200);
        // Addresses that are kept for documentation.
        let address = match self.below(8) {
            0 => format!("2001:db8::{host:x}"),
            _ => format!("203.0.113.{host}"),
        };
        let user = self.one_of(USERS);
        let (request, status, bytes) = match self.below(100) {
            0 => (NONSENSE.to_owned(), 400, 157),
            1..=3 => (format!("GET {} HTTP/1.1", self.one_of(PAGES)), 500 + self.below(5), 497),
            4..=12 => (format!("GET {} HTTP/1.1", self.one_of(MISSING)), 404, 153),
            13..=15 => ("POST /login HTTP/1.1".to_owned(), 302, 0),
            16..=20 => (format!("GET {} HTTP/2.0", self.one_of(PAGES)), 304, 0),
            _ => (format!("GET {} HTTP/2.0", self.one_of(PAGES)), 200, 200 + self.below(40_000)),
        };
        let time = time(self.time);
        let (referer, agent) = (self.one_of(REFERERS), self.one_of(AGENTS));
        self.time = self.time.saturating_add(self.below(3));
        format!(r#"{address} - {user} [{time}] "{request}" {status} {bytes} "{referer}" "{agent}""#)
    }
}

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        Some(self.line())
    }
}

/// A Unix time as a log writes it, in UTC: `10/Oct/2000:20:55:36 +0000`.
fn time(unix: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // The format has four digits for the year.
    let unix = unix.min(253_402_300_799);
    let (days, seconds) = (unix / 86_400, unix % 86_400);
    // Howard Hinnant's civil_from_days, for days that are not before 1970: years begin in March, so that the leap day
    // is the last.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let month = MONTHS[month as usize];
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(time(951_782_399), "28/Feb/2000:23:59:59 +0000");
        assert_eq!(time(951_782_400), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(time(971_211_336), "10/Oct/2000:20:55:36 +0000");
        assert_eq!(time(1_767_225_599), "31/Dec/2025:23:59:59 +0000");
        assert_eq!(time(u64::MAX), "31/Dec/9999:23:59:59 +0000");
    }
}
