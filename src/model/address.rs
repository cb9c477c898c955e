//! Mail addresses that have been checked once, at the door.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};

/// The bare address of a mailbox: `ada@example.org`. However its domain is written, as `中国` or as
/// `xn--fiqs8s`, and with or without needless quotation marks, it is the same; only the case of what stands
/// before the `@` is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    written: EmailAddress,
    /// In the letters that DNS and every mail server know: `xn--fiqs8s` for `中国`.
    domain: String,
}

impl Address {
    /// As people write it.
    pub fn as_str(&self) -> &str {
        self.written.as_str()
    }

    /// In ASCII, whatever its letters.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// What stands before the `@`, as written.
    pub fn local_part(&self) -> &str {
        self.written.local_part()
    }

    /// The address as it may stand in a log: `a…@example.org`.
    pub fn masked(&self) -> String {
        let first = self.local_part().chars().next().unwrap_or('?');
        format!("{first}…@{}", self.written.domain())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let options = Options::default().without_display_text().without_domain_literal();
        let wrong =
            |e: String| format!("`{text}` is not a mail address: {}", e.to_lowercase().trim_end_matches('.'));
        let written =
            EmailAddress::parse_with_options(text.trim(), options).map_err(|e| wrong(e.to_string()))?;
        let domain =
            idna::domain_to_ascii(written.domain()).map_err(|_| wrong("its domain cannot be one".into()))?;
        let (people_write, is_readable) = idna::domain_to_unicode(&domain);
        let shown = if is_readable.is_ok() { &people_write } else { &domain };
        let local = canonical_local(written.local_part());
        let written =
            EmailAddress::parse_with_options(&format!("{local}@{shown}"), options).unwrap_or(written);
        Ok(Self { written, domain })
    }
}

/// What stands before the `@` in the one way in which it is written here: without quotation marks and quoted
/// pairs that it does not need (RFC 5322 3.4.1), and letters beyond ASCII small, since SQLite knows only the
/// others' case.
fn canonical_local(written: &str) -> String {
    let meant = if written.starts_with('"') { unquoted(written) } else { written.to_owned() };
    let meant = if meant.is_ascii() { meant } else { meant.to_lowercase() };
    let is_atom = |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if meant.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom)) {
        return meant;
    }
    format!("\"{}\"", meant.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The address that a text is, as [`Address`] has it; the text itself if it is none.
pub fn canonical(text: &str) -> String {
    text.parse::<Address>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}

/// A mailbox with the name to show for it: `Ada Lovelace <ada@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: Address,
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

impl FromStr for Mailbox {
    type Err = String;

    /// Reads `Name <address>`, `"Name" <address>` or a bare address.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            return Ok(Self { name: None, address: text.parse()? });
        };
        let Some(address) = rest.strip_suffix('>') else {
            return Err(format!("`{text}` has a `<` without its `>`"));
        };
        let name = unquoted(name.trim());
        let name = name.trim();
        if name.contains(|c: char| c.is_control()) {
            return Err("a name must not hold control characters".into());
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: address.parse()? })
    }
}

/// A name without the quotation marks around it, and its quoted pairs (RFC 5322 3.2.4) resolved.
fn unquoted(name: &str) -> String {
    let Some(inside) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return name.trim_matches('"').to_owned();
    };
    let mut is_escaped = false;
    let resolved = inside.chars().filter(|c| {
        is_escaped = *c == '\\' && !is_escaped;
        !is_escaped
    });
    resolved.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_with_and_without_a_name() {
        let ada: Mailbox = "Ada Lovelace <ada@example.org>".parse().unwrap();
        assert_eq!(ada.name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(ada.address.as_str(), "ada@example.org");
        let bare: Mailbox = " bob@example.org ".parse().unwrap();
        assert_eq!((bare.name, bare.address.as_str()), (None, "bob@example.org"));
        let quoted: Mailbox = "\"每日, 要闻\" <news@example.org>".parse().unwrap();
        assert_eq!(quoted.name.as_deref(), Some("每日, 要闻"));
        let pairs: Mailbox = r#""Karl \"Der Lange\" \\ K." <karl@example.org>"#.parse().unwrap();
        assert_eq!(pairs.name.as_deref(), Some(r#"Karl "Der Lange" \ K."#));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "ada", "ada@", "@example.org", "a b@example.org", "Ada <ada@example.org"] {
            assert!(text.parse::<Mailbox>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_domain_of_any_letters_is_known_to_dns() {
        let address: Address = "ada@例子.中国".parse().unwrap();
        assert_eq!((address.as_str(), address.domain()), ("ada@例子.中国", "xn--fsqu00a.xn--fiqs8s"));
        assert!("用户@example.org".parse::<Address>().is_ok());
    }

    #[test]
    fn a_mailbox_is_one_however_it_is_written() {
        for (written, is) in [
            ("ada@xn--fsqu00a.xn--fiqs8s", "ada@例子.中国"),
            ("Ada@EXAMPLE.org", "Ada@example.org"),
            ("\"ada\"@example.org", "ada@example.org"),
            ("ada@MÜNCHEN.example", "ada@münchen.example"),
            ("\"a b\"@example.org", "\"a b\"@example.org"),
            ("\"a@b\"@example.org", "\"a@b\"@example.org"),
            ("\"a\\b\"@example.org", "ab@example.org"),
            ("\"\\\"ada\\\"\"@example.org", "\"\\\"ada\\\"\"@example.org"),
            ("\"a.b.\"@example.org", "\"a.b.\"@example.org"),
            ("JÜRGEN@example.org", "jürgen@example.org"),
        ] {
            assert_eq!(written.parse::<Address>().unwrap().as_str(), is, "{written}");
            assert_eq!(canonical(is), is);
        }
        assert_eq!(canonical("nobody"), "nobody");
    }

    #[test]
    fn a_masked_address_tells_the_domain_but_not_the_reader() {
        let ada: Address = "ada@example.org".parse().unwrap();
        assert_eq!(ada.masked(), "a…@example.org");
    }
}
