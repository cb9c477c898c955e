//! What the keys of `digest.toml` mean, and what holds when they are absent: the file's
//! single tables here, its [`feeds`], its [`digests`], their [`recipients`] and how its
//! [`mail`] leaves in files of their own.

mod digests;
mod editor;
mod feeds;
mod mail;
mod recipients;
mod theme;
mod zones;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
pub(super) use feeds::default_id;
use url::Url;
use zones::zone;

use super::document::{self, Document, Table, duration, size};
use super::needs::Need;
use super::problem::{self, Findings, Invalid};
use super::source;
use super::{
    Archive, ArticleArchive, Config, Editor, FeedSettings, Fetch, LoginSource, PasswordSource, Transport, Web,
};
use crate::fetch::Limits;
use crate::model::Mailbox;

const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn resolve(path: &Path, bytes: Vec<u8>) -> Result<Config, Box<Invalid>> {
    let findings = Findings::default();
    let (text, unreadable) = source::text(bytes);
    let config = match unreadable {
        Some(problem) => {
            findings.add_problem(problem);
            None
        }
        None => document::parse(&text, &findings).and_then(|document| {
            let root = Table::root(&document, &findings);
            Resolver { path, root: &root, findings: &findings, needs: RefCell::default() }.config()
        }),
    };
    let place = |span: &Range<usize>| {
        let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
        format!("{}:{line}", path.display())
    };
    let config = config.map(|(config, needs)| {
        let needs = needs.into_iter().map(|(span, need)| (place(&span), need)).collect();
        let warnings = findings.warnings().into_iter();
        let warnings = warnings.map(|(span, message)| (place(&span), message)).collect();
        Config { needs, warnings, ..config }
    });
    let secrets: Vec<_> = findings.secrets().into_iter().chain(source::secrets(&text)).collect();
    let problems = findings.into_problems();
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => {
            let text = problem::without_secrets(&text, &secrets);
            Err(Box::new(Invalid { path: path.to_owned(), text, problems }))
        }
    }
}

/// Reads every table of a document, for what they are asked.
pub(super) fn read_all(path: &Path, document: &Document<'_>, findings: &Findings) {
    let root = Table::root(document, findings);
    Resolver { path, root: &root, findings, needs: RefCell::default() }.config();
}

/// The keys that say where a secret is, each with an example, and the one that would hold it.
#[derive(Clone, Copy)]
struct SecretKeys {
    plain: &'static str,
    env: (&'static str, &'static str),
    file: (&'static str, &'static str),
    command: (&'static str, &'static str),
}

const PASSWORD: SecretKeys = SecretKeys {
    plain: "password",
    env: ("password_env", "\"SMTP_PASSWORD\""),
    file: ("password_file", "\"smtp.password\""),
    command: ("password_command", "\"pass show smtp\""),
};

/// With where they are named.
type Needs = Vec<(Range<usize>, Need)>;

struct Resolver<'a> {
    path: &'a Path,
    root: &'a Table<'a>,
    findings: &'a Findings,
    /// What the configuration refers to outside itself.
    needs: RefCell<Needs>,
}

impl Resolver<'_> {
    /// The whole file. None only when something was noted.
    fn config(&self) -> Option<(Config, Needs)> {
        let root = self.root;
        let zone = root.parsed("timezone", "\"Europe/Berlin\"", zone).map_or_else(system_zone, |z| z.value);
        let database = root.parsed("database", "\"tidings.db\"", words);
        let place = database.as_ref().map(|database| database.span.clone());
        let database = self.relative(&database.map_or_else(|| "tidings.db".into(), |d| d.value));
        if let Some(span) = place {
            self.needs(span, Need::Folder(database.clone()));
        }
        let mail = self.mail();
        let transport = self.transport();
        let dkim = self.dkim(mail.as_ref());
        let mut fetch = self.fetch();
        let window = self.window();
        let keep = root.parsed("keep", "\"90d\"", keep).map_or(90 * 24 * HOUR, |k| k.value);
        let alerts = root.table("alerts").and_then(|table| {
            table.lacks("to", "\"me@example.org\"");
            table.parsed("to", "\"me@example.org\"", mailbox)
        });
        let archive = root.table("archive").and_then(|table| {
            table.lacks("dir", "\"archive\"");
            let clean = table.boolean("clean").unwrap_or(false);
            let dir = table.string("dir", "\"archive\"")?;
            Some(ArticleArchive { dir: self.relative(dir.value), clean })
        });
        let (theme, theme_files) = self.theme();
        let (public_url, web) = self.web();
        let editor = self.editor();
        let feeds = self.feeds();
        fetch.limits.secret_variables = secret_variables(transport.as_ref(), &feeds, editor.as_ref());
        let mut recipients = self.recipients();
        let digests = self.digests(zone, &feeds, editor.as_ref(), &mut recipients);
        let config = Config {
            path: self.path.to_owned(),
            database,
            zone,
            mail: mail?,
            transport: transport?,
            dkim,
            fetch,
            window,
            keep,
            archive,
            alerts: alerts.map(|a| a.value),
            theme,
            theme_files,
            public_url,
            web,
            editor,
            feeds,
            digests,
            recipients: recipients.all,
            invalid_lines: recipients.invalid_lines,
            warnings: Vec::new(),
            needs: Vec::new(),
        };
        Some((config, self.needs.take()))
    }

    /// Notes what must be there for the program to work.
    fn needs(&self, span: Range<usize>, need: Need) {
        self.needs.borrow_mut().push((span, need));
    }

    /// A path in the file is relative to the file.
    fn relative(&self, path: &str) -> PathBuf {
        match self.path.parent() {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }

    /// `username` and where its password is.
    fn login(&self, table: &Table<'_>) -> Option<(String, PasswordSource)> {
        let username = table.string("username", "\"news@example.org\"");
        let password = self.password(table);
        match (&username, password) {
            (Some(name), Some((source, _))) => Some((name.value.to_owned(), source)),
            (Some(_), None) if table.has("password") || table.has("password_env") => None,
            (Some(name), None) => {
                table.wrong(
                    name.span.clone(),
                    "a `username` without a password",
                    "add `password_env`, `password_file` or `password_command`",
                );
                None
            }
            (None, Some((_, span))) => {
                table.wrong(span, "a password without a `username`", "add `username = \"news@example.org\"`");
                None
            }
            (None, None) => None,
        }
    }

    fn password(&self, table: &Table<'_>) -> Option<(PasswordSource, Range<usize>)> {
        let is_of_mail = table.name != "[[feed]]";
        self.secret(table, &PASSWORD, is_of_mail)
    }

    /// Where a secret is to be had.
    fn secret(
        &self,
        table: &Table<'_>,
        keys: &SecretKeys,
        is_of_mail: bool,
    ) -> Option<(PasswordSource, Range<usize>)> {
        let SecretKeys { plain, env: (env, env_example), file, command } = *keys;
        let places = format!("`{env}`, `{}` or `{}`", file.0, command.0);
        let from_env = table.string(env, env_example).and_then(|t| {
            // Somebody has put the secret itself there.
            if !is_variable(t.value) {
                table.wrong_unseen(
                    t.span,
                    format!("`{env}` takes the name of an environment variable"),
                    format!("such as {env_example}, not the {plain} itself"),
                );
                return None;
            }
            Some((PasswordSource::Env(t.value.to_owned()), t.span))
        });
        let from_file =
            table.string(file.0, file.1).map(|t| (PasswordSource::File(self.relative(t.value)), t.span));
        let from_command =
            table.string(command.0, command.1).map(|t| (PasswordSource::Command(t.value.to_owned()), t.span));
        if table.has(plain) {
            // Asked for only to say that it is not to be: the file gets shared and backed
            // up. Nor is it shown, since terminals get shared too.
            let span = table.span_of(plain);
            let _ = table.string(plain, "");
            table.wrong_unseen(
                span,
                format!("{} holds a `{plain}`, which does not belong in this file", table.name),
                format!("name where it is instead: {places}"),
            );
        }
        let mut given: Vec<_> = [from_env, from_file, from_command].into_iter().flatten().collect();
        if let Some((_, span)) = given.get(1) {
            table.wrong(
                span.clone(),
                format!("the {plain} is to be had from two places"),
                "keep one of them",
            );
        }
        if given.is_empty() {
            return None;
        }
        let (source, span) = given.swap_remove(0);
        self.needs(span.clone(), Need::Secret { source: source.clone(), is_of_mail });
        Some((source, span))
    }

    /// `public_url` and `[web]`, of which the first needs the second.
    fn web(&self) -> (Option<String>, Option<Web>) {
        let url = self.root.parsed("public_url", "\"https://news.example.org\"", public_url);
        let web = self.root.table("web").and_then(|table| {
            table.lacks("listen", "\"127.0.0.1:8480\"");
            let public = table.parsed("listen", "\"127.0.0.1:8480\"", listen);
            let internal = table.parsed("internal", "\"127.0.0.1:8481\"", listen);
            let words = [("link", Archive::Link), ("public", Archive::Public), ("off", Archive::Off)];
            let archive = table.choice("archive", &words).unwrap_or(Archive::Link);
            if let (Some(public), Some(internal)) = (&public, &internal)
                && public.value == internal.value
            {
                let help = "give it a port of its own, such as \"127.0.0.1:8481\"";
                table.wrong(internal.span.clone(), "`listen` is there already", help);
            }
            if archive == Archive::Public && !self.root.has("public_url") {
                let message = "nobody knows where the archive is read";
                table.wrong(
                    table.span_of("archive"),
                    message,
                    "add `public_url = \"https://news.example.org\"`",
                );
            }
            Some(Web { listen: public?.value, internal: internal.map(|i| i.value), archive })
        });
        if let (Some(url), None, false) = (&url, &web, self.root.has("web")) {
            self.findings.add_with_help(
                url.span.clone(),
                "nothing serves the pages of `public_url`",
                "add `[web]` with `listen = \"127.0.0.1:8480\"`, behind a server that speaks https",
            );
        }
        (url.map(|u| u.value), web)
    }

    /// `[stories] window`
    fn window(&self) -> Duration {
        let default = 14 * 24 * HOUR;
        let Some(table) = self.root.table("stories") else { return default };
        table.parsed("window", "\"14d\"", duration).map_or(default, |d| d.value)
    }

    fn fetch(&self) -> Fetch {
        let defaults = Fetch { interval: HOUR, limits: Limits::default() };
        let Some(table) = self.root.table("fetch") else { return defaults };
        let limits = Limits {
            timeout: table
                .parsed("timeout", "\"20s\"", duration)
                .map_or(defaults.limits.timeout, |d| d.value),
            max_bytes: table
                .parsed("max_bytes", "\"10MB\"", size)
                .map_or(defaults.limits.max_bytes, |s| s.value),
            concurrency: table
                .number("concurrency", 1..=1000)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(defaults.limits.concurrency),
            allow_private: table.boolean("allow_private_networks").unwrap_or(false),
            secret_variables: Vec::new(),
        };
        let interval = table.parsed("interval", "\"1h\"", duration).map_or(defaults.interval, |d| d.value);
        Fetch { interval, limits }
    }
}

/// The environment variables that hold passwords.
fn secret_variables(
    transport: Option<&Transport>,
    feeds: &[FeedSettings],
    editor: Option<&Editor>,
) -> Vec<String> {
    let smtp = match transport {
        Some(Transport::Smtp(smtp)) => smtp.login.as_ref().map(|(_, source)| match source {
            LoginSource::Password(source) | LoginSource::Token(source) => source,
        }),
        _ => None,
    };
    let all = smtp.into_iter().chain(feeds.iter().flat_map(|feed| feed.request.secrets()));
    let all = all.chain(editor.and_then(|editor| editor.key.as_ref()));
    all.filter_map(|source| if let PasswordSource::Env(name) = source { Some(name.clone()) } else { None })
        .collect()
}

/// What an edition carried a while ago may change, and be mailed again on request.
fn keep(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        keep if keep < 7 * 24 * HOUR => Err("less than `7d` would forget what readers still have".into()),
        keep => Ok(keep),
    }
}

/// What a shell can set.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let near = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    near.as_deref().unwrap_or(text).parse().map_err(|_| {
        if text.parse::<u16>().is_ok() {
            format!("`{text}` is a port without an address; `127.0.0.1:{text}` is this machine alone")
        } else if text.parse::<std::net::IpAddr>().is_ok() || text == "localhost" {
            format!("`{text}` is an address without a port")
        } else {
            format!("`{text}` is no address and port")
        }
    })
}

/// Mailbox providers press the button behind https only.
fn public_url(text: &str) -> Result<String, String> {
    if !text.contains("://") && text.contains('.') {
        return Err(format!("`{text}` has no scheme; did you mean `https://{text}`?"));
    }
    let url = Url::parse(text).map_err(|e| format!("`{text}` is no address: {e}"))?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) if plain => Ok(text.trim_end_matches('/').to_owned()),
        ("http", Some(host)) if plain && is_loopback_name(host) => Ok(text.trim_end_matches('/').to_owned()),
        ("http", Some(_)) if plain => {
            Err(format!("`{text}` is not https, and mailbox providers press the button of no other page"))
        }
        _ => Err(format!("`{text}` is not an https address without login and query")),
    }
}

/// One mailbox; what is wrong with several is said of them.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    if text.trim().is_empty() {
        return Err("this must not be empty".into());
    }
    let is_quoted = text.trim_start().starts_with('"');
    let parts: Vec<&str> =
        text.split([',', ';', '\t']).map(str::trim).filter(|part| !part.is_empty()).collect();
    if is_quoted || parts.len() < 2 {
        return text.parse();
    }
    let addresses = parts.iter().filter(|part| part.contains('@')).count();
    match (parts.as_slice(), addresses) {
        (_, 2..) => Err(format!("`{text}` names {addresses} mailboxes, where there is room for one")),
        ([address, name], 1) if address.contains('@') && !address.contains('<') => {
            Err(format!("`{text}` is not a mailbox; did you mean `{name} <{address}>`?"))
        }
        ([name, address], 1) if address.contains('@') && !address.contains('<') => {
            Err(format!("`{text}` is not a mailbox; did you mean `{name} <{address}>`?"))
        }
        _ => text.parse(),
    }
}

/// Something, not nothing.
fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("this must not be empty".into()) } else { Ok(text.trim().to_owned()) }
}

/// A host's name or number, and nothing around it.
fn host(text: &str) -> Result<String, String> {
    let plain = text.parse::<std::net::IpAddr>().is_ok()
        || (!text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')));
    if plain {
        Ok(text.to_owned())
    } else {
        Err("this must be the name of a host, without scheme, login or port".into())
    }
}

/// The machine's own zone, UTC where it does not say.
fn system_zone() -> Tz {
    iana_time_zone::get_timezone().ok().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// Whether a name or an address means this machine.
pub fn is_loopback_name(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
