//! What usually mends a connection that failed, in words behind what was said. Pure: the step, the
//! error or the server's reply, and the remedy.

use std::io;

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error as TlsError};

use crate::model::Reply;

/// Why nobody answered at this address.
pub(super) fn connecting(host: &str, port: u16, e: &io::Error) -> String {
    let why = e.to_string();
    if why.contains("failed to lookup address") {
        return format!("there is no host `{host}`, or the network is down; see `host` in [smtp]");
    }
    match e.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!(
                "nobody listens there ({why}); mail is usually taken at 587 (`tls = \"starttls\"`) or 465 (`tls = \"implicit\"`)"
            )
        }
        io::ErrorKind::TimedOut if port == 25 => {
            format!("{why}; many networks let nobody use port 25: try 587 or 465")
        }
        _ => format!("cannot connect: {why}"),
    }
}

/// Why there is no TLS, and whether waiting cannot help.
pub(super) fn handshake(e: &io::Error) -> (String, bool) {
    match e.get_ref().and_then(|e| e.downcast_ref::<TlsError>()) {
        Some(TlsError::InvalidCertificate(why)) => (certificate(why), true),
        Some(TlsError::NoCertificatesPresented) => ("the server shows no certificate".into(), true),
        Some(TlsError::InvalidMessage(_)) => (
            "the server does not speak TLS from the start here; set `tls = \"starttls\"`, usually with port 587"
                .into(),
            true,
        ),
        Some(TlsError::AlertReceived(alert)) => {
            (format!("the server ended the TLS handshake ({alert:?}); it may want another version of TLS"), false)
        }
        _ => (format!("the TLS handshake failed: {e}"), false),
    }
}

/// Whether a certificate is refused since it may sign others.
pub(super) fn is_authority(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidCertificate(why) if signs_others(why))
}

fn signs_others(why: &CertificateError) -> bool {
    format!("{why:?}").contains("CaUsedAsEndEntity")
}

/// A certificate that is not believed, in words.
fn certificate(why: &CertificateError) -> String {
    let date = |time: &UnixTime| {
        let at = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        at.map_or_else(|| "a day long gone".into(), |at| at.format("%Y-%m-%d").to_string())
    };
    match why {
        CertificateError::Expired => "its certificate has expired".into(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "its certificate expired on {}, and this machine believes that today is {}",
            date(not_after),
            date(time)
        ),
        CertificateError::NotValidYet => "its certificate is not valid yet; is this machine's clock right?".into(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "its certificate is valid from {} on, and this machine believes that today is {}; is its clock right?",
            date(not_before),
            date(time)
        ),
        CertificateError::UnknownIssuer => {
            "its certificate is issued by nobody whom this machine trusts; if it is your own, name it in `ca_file` of [smtp]"
                .into()
        }
        CertificateError::NotValidForName => "its certificate is for another name than `host`".into(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().filter_map(|name| name.split('"').nth(1)).collect();
            let others = if names.is_empty() { "another name".into() } else { names.join(", ") };
            format!("its certificate is for {others}, not for {}; see `host` in [smtp]", expected.to_str())
        }
        CertificateError::Revoked => "its certificate was revoked".into(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not meant for servers".into()
        }
        // What a library says of it.
        other if signs_others(other) => {
            "its certificate is one that signs others, as self-made ones do; if it is your own, name it in `ca_file` of [smtp]".into()
        }
        other => format!("its certificate is not believed: {other}"),
    }
}

/// What helps against a refused login; `needs` is what is known of its provider.
pub(super) fn login(reply: &Reply, needs: Option<&str>, is_token: bool) -> String {
    let said = reply.to_string().to_lowercase();
    if said.contains("5.7.139") || said.contains("basic authentication is disabled") {
        return "passwords are no longer taken here: use `token_command`".into();
    }
    if reply.code == 530 || said.contains("must issue a starttls") {
        return "it takes logins only after STARTTLS: set `tls = \"starttls\"`".into();
    }
    if is_token {
        return "see that `token_command` prints a token that is not over, for sending mail".into();
    }
    if let Some(needs) = needs {
        return format!("it wants {needs}");
    }
    match reply.code {
        _ if said.contains("application-specific") || said.contains("app password") => {
            "it wants an app password, made in the settings of your account, not the one you log in with"
                .into()
        }
        534 | 535 => {
            "see `username` (often the whole address) and the password; many providers want an app password"
                .into()
        }
        _ => String::new(),
    }
}

/// What helps against a refused sender.
pub(super) fn sender(reply: &Reply, has_login: bool) -> &'static str {
    let said = reply.text.to_lowercase();
    if reply.code == 530
        || said.contains("authentication required")
        || said.contains("auth first")
        || said.contains("must authenticate")
    {
        return if has_login { "" } else { "it wants a login: `username` and `password_env` in [smtp]" };
    }
    if has_login {
        "many servers let a login send from its own addresses alone: see `from` in [mail]"
    } else {
        ""
    }
}

/// A remedy behind what was said, if there is one.
pub(super) fn with(said: &str, remedy: &str) -> String {
    if remedy.is_empty() { said.to_owned() } else { format!("{said}; {remedy}") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn certificates_are_explained_with_names_and_dates() {
        let day = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
        let expired = CertificateError::ExpiredContext { time: day(20_000), not_after: day(19_000) };
        assert_eq!(
            certificate(&expired),
            "its certificate expired on 2022-01-08, and this machine believes that today is 2024-10-04"
        );
        let expected = ServerName::try_from("mail.example.org").unwrap();
        let presented = vec!["DnsName(\"smtp.example.org\")".to_owned()];
        let other = CertificateError::NotValidForNameContext { expected, presented };
        assert_eq!(
            certificate(&other),
            "its certificate is for smtp.example.org, not for mail.example.org; see `host` in [smtp]"
        );
    }

    #[test]
    fn a_refused_login_is_told_what_its_provider_wants() {
        let refused = |code, text: &str, needs, is_token| login(&Reply::new(code, text), needs, is_token);
        let needs = Some("an app password, made at example.org");
        assert_eq!(refused(535, "5.7.8 no", needs, false), "it wants an app password, made at example.org");
        assert!(refused(535, "5.7.139 Authentication unsuccessful", needs, false).contains("token_command"));
        assert!(refused(530, "5.7.0 Must issue a STARTTLS command first", None, false).contains("STARTTLS"));
        assert!(refused(535, "no", None, false).contains("username"));
        assert!(refused(535, "no", needs, true).contains("prints a token"));
        assert_eq!(refused(454, "4.7.0 later", None, false), "");
    }
}
