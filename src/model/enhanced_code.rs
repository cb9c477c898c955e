//! Enhanced status codes (RFC 3463): what a mail server says for programs to read.

use std::fmt;

/// `5.1.1`: class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnhancedCode {
    pub class: u8,
    pub subject: u16,
    pub detail: u16,
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl EnhancedCode {
    /// The code at the beginning of a text, or else the first behind the three digits of a
    /// reply, which servers like to quote in a sentence. Anywhere else three numbers with
    /// dots are a version or half an IP address, unless they are marked as qmail marks them.
    pub fn find(text: &str) -> Option<Self> {
        let mut expected = true;
        for word in text.split_whitespace() {
            let (digits, glued) = word.split_once('-').unwrap_or((word, ""));
            let replied = is_reply(digits);
            let code = match (replied, expected || word.starts_with("(#")) {
                (true, _) => Self::read(glued),
                (false, true) => Self::read(word),
                (false, false) => None,
            };
            if code.is_some() {
                return code;
            }
            expected = replied && glued.is_empty();
        }
        None
    }

    fn read(word: &str) -> Option<Self> {
        let word = word.trim_start_matches(['(', '#']).trim_end_matches([')', ':', ';', ',', '.']);
        let mut numbers = word.split('.').map(|number| {
            let short = number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
            short.then(|| number.parse::<u16>().ok()).flatten()
        });
        let class @ (2 | 4 | 5) = numbers.next()?? else { return None };
        let (subject, detail) = (numbers.next()??, numbers.next()??);
        let code = Self { class: u8::try_from(class).ok()?, subject, detail };
        numbers.next().is_none().then_some(code)
    }
}

/// Whether a word is the reply code of RFC 5321.
fn is_reply(word: &str) -> bool {
    word.len() == 3 && word.starts_with(['2', '4', '5']) && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        EnhancedCode::find(text).map(|code| code.to_string())
    }

    #[test]
    fn a_code_is_found_where_servers_put_it() {
        for (text, code) in [
            ("5.1.1", "5.1.1"),
            ("5.1.1 (bad destination mailbox)", "5.1.1"),
            ("550 5.1.1 no such user", "5.1.1"),
            ("550-5.1.1 the account does not exist\n550 5.1.1 try again", "5.1.1"),
            ("550- 5.2.1 disabled", "5.2.1"),
            ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "5.1.10"),
            ("550 #5.1.0 address rejected", "5.1.0"),
            ("452 4.2.2: over quota", "4.2.2"),
            ("250 2.0.0 Ok: queued", "2.0.0"),
            ("host mx.example.net[192.0.2.1] said: 550 5.7.1 not you", "5.7.1"),
            ("Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        ] {
            assert_eq!(found(text).as_deref(), Some(code), "{text}");
        }
    }

    #[test]
    fn addresses_versions_and_half_codes_are_none() {
        for text in [
            "",
            "550",
            "550 no such user",
            "550 5.1",
            "550 5..1",
            "550 5.1.1.2 is listed",
            "192.0.2.1 is listed",
            "5.4.3.2 is listed",
            "550 listed: 5.1.1",
            "554 your Exim 4.96.2 is too old",
            "550 3.1.1 of no class",
            "550 5.1.1111",
            "550 5.+1.1",
            "5501 5.1.1",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
