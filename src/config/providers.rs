//! The mail servers of known providers: where each listens, and what it needs. One line each in
//! `providers.txt`.

use std::sync::LazyLock;

use crate::deliver::Tls;

/// A provider of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub name: &'static str,
    pub host: &'static str,
    pub port: u16,
    pub tls: Tls,
    /// What a login needs besides the address, in words.
    pub needs: &'static str,
}

static PROVIDERS: LazyLock<Vec<Provider>> =
    LazyLock::new(|| include_str!("providers.txt").lines().filter_map(provider).collect());

fn provider(line: &'static str) -> Option<Provider> {
    let mut fields = line.split('|').map(str::trim);
    let (name, host, port, tls, needs) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let tls = if tls == "implicit" { Tls::Implicit } else { Tls::Starttls };
    Some(Provider { name, host, port: port.parse().ok()?, tls, needs })
}

/// All of them.
pub fn providers() -> &'static [Provider] {
    &PROVIDERS
}

/// The provider of this name.
pub fn named(name: &str) -> Option<&'static Provider> {
    providers().iter().find(|provider| provider.name.eq_ignore_ascii_case(name.trim()))
}

/// The provider whose server this is.
pub fn at_host(host: &str) -> Option<&'static Provider> {
    providers().iter().find(|provider| provider.host.eq_ignore_ascii_case(host))
}

/// The provider of mailboxes at this domain, where that can be told.
pub fn of_domain(domain: &str) -> Option<&'static Provider> {
    named(match domain.to_ascii_lowercase().as_str() {
        "gmail.com" | "googlemail.com" => "gmail",
        "outlook.com" | "hotmail.com" | "live.com" | "msn.com" => "outlook",
        "yahoo.com" | "yahoo.de" | "yahoo.fr" | "yahoo.co.uk" | "ymail.com" => "yahoo",
        "aol.com" => "aol",
        "icloud.com" | "me.com" | "mac.com" => "icloud",
        "fastmail.com" | "fastmail.fm" => "fastmail",
        "zoho.com" | "zohomail.com" => "zoho",
        "gmx.de" | "gmx.net" | "gmx.at" | "gmx.ch" | "gmx.com" => "gmx",
        "web.de" => "webde",
        "mailbox.org" => "mailboxorg",
        "posteo.de" | "posteo.net" => "posteo",
        "yandex.com" | "yandex.ru" | "ya.ru" => "yandex",
        "qq.com" | "foxmail.com" => "qq",
        "163.com" => "163",
        "126.com" => "126",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_provider_with_a_port_that_fits_its_tls() {
        let lines = include_str!("providers.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(providers().len(), lines);
        for provider in providers() {
            let port = if provider.tls == Tls::Implicit { 465 } else { 587 };
            assert_eq!(provider.port, port, "{}", provider.name);
            assert!(!provider.needs.is_empty() && provider.host.contains('.'), "{}", provider.name);
        }
        assert_eq!(of_domain("GMAIL.com").unwrap().name, "gmail");
        assert_eq!(of_domain("example.org"), None);
    }
}
