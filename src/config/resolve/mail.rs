//! `[mail]`, `[smtp]`, `[sendmail]` and `[[dkim]]`: who sends, and how mails leave.

use std::time::Duration;

use super::super::document::{Table, duration};
use super::super::needs::Need;
use super::super::providers;
use super::super::unknown::hint;
use super::super::{DkimKey, LoginSource, Mail, PasswordSource, Smtp, Transport};
use super::{HOUR, Resolver, host, is_loopback_name, mailbox, words};
use crate::deliver::Tls;
use crate::model::{Address, OnUnknown};

impl Resolver<'_> {
    pub(super) fn mail(&self) -> Option<Mail> {
        let Some(table) = self.root.table("mail") else {
            if !self.root.has("mail") {
                self.findings.missing(
                    "nobody is named as the sender",
                    "add a `[mail]` table with `from = \"Morning News <news@example.org>\"`",
                );
            }
            return None;
        };
        let from = table.parsed("from", "\"Morning News <news@example.org>\"", mailbox);
        table.lacks("from", "\"Morning News <news@example.org>\"");
        let reply_to = table.parsed("reply_to", "\"me@example.org\"", mailbox);
        let bounces = table.parsed("bounces", "\"bounces@example.org\"", bounces);
        let retry_for = table.parsed("retry_for", "\"24h\"", duration);
        let max_per_minute = table.number("max_per_minute", 1..=100_000).and_then(|n| u32::try_from(n).ok());
        let on_unknown =
            table.choice("on_unknown", &[("resend", OnUnknown::Resend), ("hold", OnUnknown::Hold)]);
        Some(Mail {
            from: from?.value,
            reply_to: reply_to.map(|m| m.value),
            bounces: bounces.map(|b| b.value),
            retry_for: retry_for.map_or(24 * HOUR, |d| d.value),
            max_per_minute,
            on_unknown: on_unknown.unwrap_or(OnUnknown::Resend),
        })
    }

    pub(super) fn transport(&self) -> Option<Transport> {
        let sendmail = self.root.table("sendmail").map(|table| {
            let command = table.parsed("command", "\"/usr/sbin/sendmail\"", words);
            if self.root.has("smtp") {
                table.wrong(
                    table.span.clone(),
                    "`[smtp]` and `[sendmail]` both say how mails leave",
                    "keep one of them",
                );
            }
            Transport::Sendmail(command.map_or_else(|| "/usr/sbin/sendmail".into(), |c| c.value))
        });
        let Some(table) = self.root.table("smtp") else {
            return Some(sendmail.unwrap_or_else(|| Transport::Folder(self.relative("outbox"))));
        };
        let host = table.string("host", "\"smtp.example.org\"").and_then(|text| match host(text.value) {
            Ok(name) => Some(name),
            // A login may hold a password, so its line is not shown.
            Err(message) if text.value.contains('@') => {
                table.wrong_unseen(
                    text.span,
                    format!("[smtp] `host`: {message}"),
                    "such as \"smtp.example.org\"",
                );
                None
            }
            Err(message) => {
                table.wrong(text.span, message, "such as \"smtp.example.org\"");
                None
            }
        });
        let provider = table.string("provider", "\"gmail\"").and_then(|name| {
            let found = providers::named(name.value);
            if found.is_none() {
                let known = providers::providers().iter().map(|provider| provider.name);
                let help = format!("{}; or give `host`", hint(name.value, known));
                table.wrong(name.span, format!("no provider is known as `{}`", name.value), help);
            }
            found
        });
        if !table.has("provider") {
            table.lacks("host", "\"smtp.example.org\"");
        }
        let host = host.or_else(|| provider.map(|provider| provider.host.to_owned()));
        let tls = table
            .choice("tls", &[("starttls", Tls::Starttls), ("implicit", Tls::Implicit), ("none", Tls::None)]);
        let port = table.number("port", 1..=65_535).and_then(|p| u16::try_from(p).ok());
        let usual = provider.map_or(Tls::Starttls, |provider| provider.tls);
        let tls = tls.unwrap_or(match port {
            Some(465) => Tls::Implicit,
            Some(_) => Tls::Starttls,
            None => usual,
        });
        let port = port.unwrap_or(match tls {
            Tls::Starttls => 587,
            Tls::Implicit => 465,
            Tls::None => 25,
        });
        let login = self.smtp_login(&table);
        let is_near = host.as_ref().is_some_and(|h| is_loopback_name(h));
        if tls == Tls::None && login.is_some() && !is_near {
            table.wrong(
                table.span_of("username"),
                "the password would cross the network unencrypted",
                "set `tls = \"starttls\"` or `tls = \"implicit\"`",
            );
        }
        let ca_file = table.string("ca_file", "\"ca.pem\"").map(|file| {
            let path = self.relative(file.value);
            self.needs(file.span, Need::Certificates(path.clone()));
            path
        });
        let timeout = table.parsed("timeout", "\"2min\"", duration);
        let connections = table.number("connections", 1..=64).and_then(|n| usize::try_from(n).ok());
        let per_connection = table.number("per_connection", 1..=100_000).and_then(|n| u32::try_from(n).ok());
        let host = host?;
        let needs = provider.or_else(|| providers::at_host(&host)).map(|provider| provider.needs);
        Some(Transport::Smtp(Smtp {
            needs,
            host,
            port,
            tls,
            login,
            ca_file,
            timeout: timeout.map_or(Duration::from_secs(120), |t| t.value),
            connections: connections.unwrap_or(4),
            per_connection: per_connection.unwrap_or(100),
        }))
    }

    /// `username`, and a password or a token.
    fn smtp_login(&self, table: &Table<'_>) -> Option<(String, LoginSource)> {
        let Some(token) = table.string("token_command", "\"oauth-token news@example.org\"") else {
            return self.login(table).map(|(user, source)| (user, LoginSource::Password(source)));
        };
        if self.password(table).is_some() {
            table.wrong(token.span.clone(), "a token and a password both say who we are", "keep one of them");
        }
        let Some(user) = table.string("username", "\"news@example.org\"") else {
            table.wrong(token.span, "a token without a `username`", "add `username = \"news@example.org\"`");
            return None;
        };
        Some((user.value.to_owned(), LoginSource::Token(PasswordSource::Command(token.value.to_owned()))))
    }

    pub(super) fn dkim(&self, mail: Option<&Mail>) -> Vec<DkimKey> {
        let mut keys: Vec<DkimKey> = Vec::new();
        for table in self.root.tables("dkim") {
            let selector = table.parsed("selector", "\"tidings\"", dns_name);
            table.lacks("selector", "\"tidings\"");
            let key_file = table.string("key_file", "\"dkim-rsa.pem\"").filter(|file| {
                let is_key = file.value.contains("PRIVATE KEY");
                if is_key {
                    let help = "put the key into a file, and name that";
                    table.wrong_unseen(
                        file.span.clone(),
                        "`key_file` takes the name of a file, not the key itself",
                        help,
                    );
                }
                !is_key
            });
            table.lacks("key_file", "\"dkim-rsa.pem\"");
            let domain = table.parsed("domain", "\"example.org\"", dns_name);
            let sender = mail.map(|m| m.from.address.domain().to_owned());
            if let (Some(domain), Some(sender)) = (&domain, &sender)
                && !is_at_or_above(&domain.value, sender)
            {
                table.wrong(
                    domain.span.clone(),
                    format!("a signature of {} says nothing about mails from {sender}", domain.value),
                    format!("leave `domain` out for {sender}"),
                );
            }
            let (Some(selector), Some(key_file)) = (selector, key_file) else { continue };
            let Some(domain) = domain.map(|d| d.value).or(sender) else { continue };
            if keys.iter().any(|k| k.selector == selector.value && k.domain == domain) {
                table.wrong(
                    selector.span,
                    format!("there is another key `{}`", selector.value),
                    "give each key a `selector` of its own",
                );
            }
            let (span, key_file) = (key_file.span, self.relative(key_file.value));
            self.needs(span, Need::Key(key_file.clone()));
            keys.push(DkimKey { domain, selector: selector.value, key_file });
        }
        keys
    }
}

/// Each mail's bounces go to an address of its own, made of this one: `bounces+…@`.
fn bounces(text: &str) -> Result<Address, String> {
    let address: Address = text.parse()?;
    // RFC 5321 4.5.3.1.1 allows 64, of which the token takes 27.
    if address.local_part().len() > 36 || !address.local_part().is_ascii() {
        return Err(format!("`{}` is too long to make other addresses of", address.local_part()));
    }
    Ok(address)
}

fn dns_name(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if text.split('.').all(label) {
        Ok(text.to_lowercase())
    } else {
        Err(format!("`{text}` cannot be part of a name in DNS"))
    }
}

/// Whether a domain is this one or lies below it.
fn is_at_or_above(domain: &str, other: &str) -> bool {
    other.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
