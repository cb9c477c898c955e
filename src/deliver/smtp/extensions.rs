//! What a server offers (RFC 5321 4.1.1.1). Keywords are read in any case, and `AUTH=PLAIN`
//! like `AUTH PLAIN`, as servers wrote it before RFC 2554.

/// The extensions that we can use.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) starttls: bool,
    /// The keyword SIZE, and the limit if it names one (RFC 1870: 0 means none).
    pub(super) size: Option<Option<usize>>,
    pub(super) smtputf8: bool,
    /// Mechanisms in capital letters.
    pub(super) auth: Vec<String>,
}

impl Extensions {
    /// Reads the lines of a reply to EHLO, of which the first is a greeting.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut extensions = Self::default();
        for line in lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => extensions.starttls = true,
                Some("SIZE") => {
                    let limit = words.next().and_then(|n| n.parse().ok());
                    extensions.size = Some(limit.filter(|n| *n > 0));
                }
                Some("SMTPUTF8") => extensions.smtputf8 = true,
                Some("AUTH") => {
                    for mechanism in words {
                        if !extensions.auth.iter().any(|known| known == mechanism) {
                            extensions.auth.push(mechanism.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        extensions
    }

    pub(super) fn has_auth(&self, mechanism: &str) -> bool {
        self.auth.iter().any(|known| known == mechanism)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case_and_auth_in_both_spellings() {
        let read = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            Extensions::read(&lines)
        };
        let modern = read(&["mx.example starttls", "starttls", "Size 1000", "auth plain login", "SMTPUTF8"]);
        assert!(modern.starttls && modern.smtputf8);
        assert_eq!(modern.size, Some(Some(1000)));
        assert_eq!(modern.auth, ["PLAIN", "LOGIN"]);
        let old = read(&["mx.example", "AUTH=LOGIN", "AUTH LOGIN PLAIN", "SIZE"]);
        assert_eq!(old.auth, ["LOGIN", "PLAIN"]);
        assert_eq!(old.size, Some(None));
        assert!(!read(&["STARTTLS is what I am called"]).starttls, "the first line is no keyword");
    }
}
