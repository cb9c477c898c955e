//! What DNS says of a sender's domain: who may send its mail (SPF, RFC 7208), whether its signatures can
//! be checked (DKIM, RFC 6376), what receivers do with mail that fails (DMARC, RFC 7489). Asking is apart
//! from judging. The door to `hickory`.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use super::dkim::Signer;

/// For one question; the answer is advice, not worth a long wait.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for records.
pub struct Dns(TokioResolver);

/// What was found out about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Right(String),
    /// It works, or not, but not as well as it should.
    Lacking(String),
    /// Receivers will hold it against the mails.
    Wrong(String),
}

impl Dns {
    /// By the machine's own servers, or by this one.
    ///
    /// # Errors
    /// When the machine names none.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, String> {
        let builder = match server {
            Some(address) => {
                let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
                for connection in &mut connections {
                    connection.port = address.port();
                }
                let server = NameServerConfig::new(address.ip(), true, connections);
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio().map_err(|e| e.to_string())?,
        };
        let mut builder = builder;
        builder.options_mut().timeout = PATIENCE;
        builder.options_mut().attempts = 2;
        Ok(Self(builder.build().map_err(|e| e.to_string())?))
    }

    /// The texts at a name; none where there is no such name.
    async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        match self.0.txt_lookup(format!("{name}.")).await {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.txt_data.concat()),
                    _ => None,
                })
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect()),
            Err(e) if e.is_no_records_found() || e.is_nx_domain() => Ok(Vec::new()),
            Err(e) => Err(e.to_string()),
        }
    }

    /// Who may send mails of this domain.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn spf(&self, domain: &str, host: Option<&str>) -> Result<Verdict, String> {
        Ok(judged_spf(domain, host, &self.texts(domain).await?))
    }

    /// Whether the public half of a key is there.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn dkim(&self, signer: &Signer) -> Result<Verdict, String> {
        let (name, record) = signer.record();
        Ok(judged_dkim(&name, &record, &self.texts(&name).await?))
    }

    /// What receivers are to do with mails of this domain that fail; the record of the domain above
    /// counts for it.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn dmarc(&self, domain: &str) -> Result<Verdict, String> {
        let mut above = domain;
        loop {
            let texts = self.texts(&format!("_dmarc.{above}")).await?;
            let is_last = above.split('.').count() <= 2;
            if is_last || texts.iter().any(|text| is_dmarc(text)) {
                return Ok(judged_dmarc(domain, &texts));
            }
            above = above.split_once('.').map_or(above, |(_, rest)| rest);
        }
    }
}

fn judged_spf(domain: &str, host: Option<&str>, texts: &[String]) -> Verdict {
    let records: Vec<_> =
        texts.iter().filter(|text| text.to_ascii_lowercase().starts_with("v=spf1")).collect();
    // Mail leaves a provider by other machines than the one that takes it from us.
    let publish = match host {
        Some(host) => {
            let own = match host.parse::<std::net::IpAddr>() {
                Ok(std::net::IpAddr::V4(_)) => format!("ip4:{host}"),
                Ok(std::net::IpAddr::V6(_)) => format!("ip6:{host}"),
                Err(_) => format!("a:{host}"),
            };
            format!(
                "publish the TXT record that your mail provider names for it, or `v=spf1 {own} ~all` where {host} is your own"
            )
        }
        None => {
            format!("publish a TXT record at {domain}: `v=spf1 a mx ~all` for this machine's own address")
        }
    };
    match records.as_slice() {
        [] => Verdict::Lacking(format!("{domain} does not say who may send its mail; {publish}")),
        [record] if record.to_ascii_lowercase().contains("+all") => Verdict::Lacking(format!(
            "{domain} lets everybody send its mail (`+all`); end the record with `~all`"
        )),
        [record] => Verdict::Right(format!("`{record}`")),
        several => Verdict::Wrong(format!(
            "{domain} has {} SPF records, and receivers then believe none; make one of them",
            several.len()
        )),
    }
}

fn judged_dkim(name: &str, wanted: &str, texts: &[String]) -> Verdict {
    let key = |record: &str| {
        let part = record.split(';').find_map(|part| part.trim().strip_prefix("p=").map(str::to_owned))?;
        Some(part.chars().filter(|c| !c.is_whitespace()).collect::<String>())
    };
    if texts.is_empty() {
        return Verdict::Wrong(format!("there is no TXT record at {name}; publish `{wanted}`"));
    }
    if texts.iter().any(|text| key(text) == key(wanted)) {
        return Verdict::Right(format!("the key at {name} is ours"));
    }
    Verdict::Wrong(format!("the key at {name} is another one; publish `{wanted}`"))
}

fn is_dmarc(text: &str) -> bool {
    text.trim_start().to_ascii_lowercase().starts_with("v=dmarc1")
}

fn judged_dmarc(domain: &str, texts: &[String]) -> Verdict {
    match texts.iter().find(|text| is_dmarc(text)) {
        Some(record) => Verdict::Right(format!("`{record}`")),
        None => Verdict::Lacking(format!(
            "{domain} has no DMARC record, which large mailbox providers ask for; publish a TXT record at _dmarc.{domain}: `v=DMARC1; p=none`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_judged_by_what_receivers_make_of_them() {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let spf = |all: &[&str]| judged_spf("example.org", Some("mx.example.org"), &texts(all));
        assert!(matches!(spf(&["other", "v=spf1 mx -all"]), Verdict::Right(_)));
        assert!(
            matches!(spf(&["other"]), Verdict::Lacking(why) if why.contains("`v=spf1 a:mx.example.org ~all` where mx.example.org is your own"))
        );
        assert!(matches!(spf(&["v=spf1 +all"]), Verdict::Lacking(_)));
        assert!(matches!(spf(&["v=spf1 -all", "V=SPF1 mx"]), Verdict::Wrong(_)));
        let dkim =
            |all: &[&str]| judged_dkim("s._domainkey.example.org", "v=DKIM1; k=rsa; p=AbC=", &texts(all));
        assert!(matches!(dkim(&["v=DKIM1; p=Ab C="]), Verdict::Right(_)));
        assert!(matches!(dkim(&["v=DKIM1; p=Xyz"]), Verdict::Wrong(why) if why.contains("another one")));
        assert!(matches!(dkim(&[]), Verdict::Wrong(why) if why.contains("publish `v=DKIM1")));
        assert!(matches!(judged_dmarc("example.org", &texts(&["v=DMARC1; p=none"])), Verdict::Right(_)));
        assert!(matches!(judged_dmarc("example.org", &[]), Verdict::Lacking(_)));
    }
}
