//! `digest.toml`: from the raw file to a configuration that needs no further checks.
//!
//! [`document`] knows TOML and where things stand in the file, [`resolve`] knows what
//! the keys mean, [`problem`] gathers every mistake on the way and shows them. Whoever
//! holds a [`Config`] can trust each value in it.

mod document;
pub mod edit;
mod locate;
mod needs;
mod problem;
pub mod providers;
mod resolve;
mod schema;
mod secret;
mod source;
mod unknown;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

pub use locate::locate;
pub use needs::{Need, Unmet};
pub use problem::{Invalid, Mistake, Problem};
pub use resolve::is_loopback_name;
pub use schema::schema;
pub use secret::{PasswordSource, exposed};
pub use unknown::unknown_name;

use crate::article::Filter;
use crate::deliver::Tls;
use crate::editor::{Summaries, Translation, Wishes};
use crate::fetch::{FeedRequest, Limits, NamedBy};
use crate::model::{Address, Feed, Images, Mailbox, OnUnknown, Recipient, Secret, Source};
use crate::render::Theme;
use crate::schedule::Schedule;
use crate::story::Updates;

/// Everything the owner decided, resolved. Paths are absolute or relative to the
/// working directory, no longer to the file.
#[derive(Debug, Clone)]
pub struct Config {
    pub path: PathBuf,
    pub database: PathBuf,
    /// The owner's zone.
    pub zone: Tz,
    pub mail: Mail,
    pub transport: Transport,
    /// The keys that sign each mail.
    pub dkim: Vec<DkimKey>,
    pub fetch: Fetch,
    /// How long an article is remembered that may come again.
    pub window: Duration,
    /// How long editions, and entries that were carried, are kept.
    pub keep: Duration,
    /// Where articles are kept as files.
    pub archive: Option<ArticleArchive>,
    /// Whom to tell of what goes wrong.
    pub alerts: Option<Mailbox>,
    pub theme: Theme,
    /// What the theme was read from besides.
    pub theme_files: Vec<PathBuf>,
    /// Where readers find the pages of [`Config::web`], without a slash at its end.
    pub public_url: Option<String>,
    /// How the daemon serves them.
    pub web: Option<Web>,
    /// Who writes summaries and translations.
    pub editor: Option<Editor>,
    pub feeds: Vec<FeedSettings>,
    pub digests: Vec<Digest>,
    pub recipients: Vec<Recipient>,
    /// Lines of lists of recipients that are no mailboxes.
    pub invalid_lines: Vec<InvalidLine>,
    /// What works, and is hardly meant so: the place, and what it is.
    pub warnings: Vec<(String, String)>,
    /// What it refers to outside itself, and where.
    pub needs: Vec<(String, Need)>,
}

/// A line of a list that nobody can be written to for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidLine {
    /// The file and the number in it.
    pub line: String,
    pub why: String,
}

/// `[archive]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleArchive {
    pub dir: PathBuf,
    /// Articles as tidings cleans them, not as their feeds had them.
    pub clean: bool,
}

/// `[web]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Web {
    pub listen: SocketAddr,
    /// Where health and figures are asked for, if not there.
    pub internal: Option<SocketAddr>,
    pub archive: Archive,
}

/// Who may read editions in the web.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// Nobody.
    Off,
    /// Whoever holds the link of an edition.
    Link,
    /// Everybody: they are listed, and can be searched.
    Public,
}

/// `[mail]`
#[derive(Debug, Clone)]
pub struct Mail {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// Of which each mail's own address for bounces is made.
    pub bounces: Option<Address>,
    /// How long a delivery is tried before it is given up.
    pub retry_for: Duration,
    /// As fast as the server takes them, when absent.
    pub max_per_minute: Option<u32>,
    pub on_unknown: OnUnknown,
}

impl Mail {
    /// The envelope's sender for a mail that bears this token.
    pub fn envelope_sender(&self, token: Option<&str>) -> Address {
        let own = token.zip(self.bounces.as_ref()).and_then(|(token, bounces)| {
            format!("{}+{token}@{}", bounces.local_part(), bounces.domain()).parse().ok()
        });
        own.or_else(|| self.bounces.clone()).unwrap_or_else(|| self.from.address.clone())
    }

    /// The token of the mail whose bounces go to this address.
    pub fn bounce_token(&self, address: &str) -> Option<String> {
        let bounces = self.bounces.as_ref()?;
        let address: Address = address.parse().ok()?;
        let (name, token) = address.local_part().rsplit_once('+')?;
        let is_ours = name.eq_ignore_ascii_case(bounces.local_part())
            && address.domain().eq_ignore_ascii_case(bounces.domain());
        is_ours.then(|| token.to_ascii_lowercase())
    }
}

/// How mails leave: `[smtp]`, `[sendmail]`, or the outbox folder where there is neither.
#[derive(Debug, Clone)]
pub enum Transport {
    Folder(PathBuf),
    Sendmail(String),
    Smtp(Smtp),
}

/// `[smtp]`
#[derive(Debug, Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<(String, LoginSource)>,
    /// Certificates (PEM) trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// For each step of the conversation.
    pub timeout: Duration,
    /// At once, when there is much to send.
    pub connections: usize,
    /// Messages over one connection.
    pub per_connection: u32,
    /// What a login at this server needs, where its provider is known.
    pub needs: Option<&'static str>,
}

/// What is shown to the server.
#[derive(Debug, Clone)]
pub enum LoginSource {
    Password(PasswordSource),
    /// An access token for XOAUTH2, which is soon over and fetched anew each time.
    Token(PasswordSource),
}

/// `[editor]`
#[derive(Debug, Clone)]
pub struct Editor {
    /// Where chat completions are asked for.
    pub url: Url,
    pub model: String,
    pub key: Option<PasswordSource>,
    /// In which language it writes; that of the digest when absent.
    pub language: Option<String>,
    pub summaries: Summaries,
    pub translation: Translation,
    pub briefing: bool,
    /// For an edition.
    pub max_tokens: u64,
    /// For each answer.
    pub timeout: Duration,
}

/// What a feed or a digest wants otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct EditorOverrides {
    pub summaries: Option<Summaries>,
    pub translation: Option<Translation>,
}

/// What is written into the editions of a digest.
#[derive(Debug, Clone)]
pub struct DigestEditor {
    pub summaries: Summaries,
    pub translation: Translation,
    pub briefing: bool,
    pub max_tokens: u64,
}

impl DigestEditor {
    fn of(editor: &Editor, own: EditorOverrides, briefing: Option<bool>, max_tokens: Option<u64>) -> Self {
        Self {
            summaries: own.summaries.unwrap_or(editor.summaries),
            translation: own.translation.unwrap_or(editor.translation),
            briefing: briefing.unwrap_or(editor.briefing),
            max_tokens: max_tokens.unwrap_or(editor.max_tokens),
        }
    }
}

/// `[[dkim]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    pub domain: String,
    pub selector: String,
    pub key_file: PathBuf,
}

/// `[fetch]`
#[derive(Debug, Clone)]
pub struct Fetch {
    /// A feed is polled no more often than this.
    pub interval: Duration,
    pub limits: Limits,
}

/// `[[feed]]`
#[derive(Debug, Clone)]
pub struct FeedSettings {
    pub feed: Feed,
    /// How it is asked for.
    pub request: RequestSettings,
    /// Which of its entries are wanted.
    pub filter: Filter,
    /// Changes each of its articles: it reads one as JSON, and prints one.
    pub command: Option<String>,
    pub editor: EditorOverrides,
}

/// What a feed's server wants to know, with the secrets still where they are kept.
#[derive(Debug, Clone, Default)]
pub struct RequestSettings {
    pub user_agent: Option<String>,
    pub headers: Vec<(String, HeaderSource)>,
    pub login: Option<(String, PasswordSource)>,
}

/// The value of a header: as written, or kept elsewhere.
#[derive(Debug, Clone)]
pub enum HeaderSource {
    Plain(String),
    Kept(PasswordSource),
}

impl RequestSettings {
    /// Where its secrets are kept.
    pub fn secrets(&self) -> impl Iterator<Item = &PasswordSource> {
        let headers = self.headers.iter().filter_map(|(_, value)| match value {
            HeaderSource::Kept(source) => Some(source),
            HeaderSource::Plain(_) => None,
        });
        headers.chain(self.login.as_ref().map(|(_, source)| source))
    }

    /// Fetches the secrets. `source` is the feed's, as configured.
    ///
    /// # Errors
    /// Where one was looked for, and why it is not there.
    pub async fn resolve(&self, source: &Source) -> Result<FeedRequest, String> {
        let configured = if let Source::Web(url) = source { Some(url.clone()) } else { None };
        let mut headers = Vec::new();
        for (name, source) in &self.headers {
            let value = match source {
                HeaderSource::Plain(text) => Secret::new(text.clone()),
                HeaderSource::Kept(source) => source.read().await?,
            };
            headers.push((name.clone(), value));
        }
        let login = match &self.login {
            Some((user, source)) => Some((user.clone(), source.read().await?)),
            None => None,
        };
        let (named_by, user_agent) = (NamedBy::Owner, self.user_agent.clone());
        Ok(FeedRequest { named_by, configured, user_agent, headers, login, timeout: None })
    }
}

/// Which of a digest's stories come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Newest,
    /// In the order of the feeds in the file, the newest of each first.
    Feed,
    /// What most feeds report first.
    Top,
}

/// `[[digest]]`
#[derive(Debug, Clone)]
pub struct Digest {
    pub id: String,
    pub title: String,
    /// With `{title}`, `{date}`, `{count}` and `{lead}`.
    pub subject: String,
    pub schedule: Schedule,
    pub zone: Tz,
    /// Indices into [`Config::feeds`], in the order of the file.
    pub feeds: Vec<usize>,
    pub order: Order,
    /// The HTML part stays below so many bytes.
    pub max_html: usize,
    pub images: Images,
    pub send_empty: bool,
    pub catch_up: Duration,
    pub updates: Updates,
    /// Indices into [`Config::recipients`].
    pub to: Vec<usize>,
    /// Asked after each edition, so that somebody notices when none comes any more.
    pub ping: Option<Url>,
    /// Words of the frame; from the articles when absent.
    pub language: Option<String>,
    /// Whether readers join by a form.
    pub signup: bool,
    /// What is written into its editions.
    pub editor: Option<DigestEditor>,
    /// Whether its editions are bound as books too. That fetches pictures, so whoever wants one says so.
    pub as_book: bool,
    /// The digest of whose week this is made, for those who want it so; its id.
    pub week_of: Option<String>,
}

/// Behind the name of a digest; none of the configuration has such a letter in its name.
const WEEKLY: &str = "+weekly";

impl Digest {
    /// The digest that its readers know.
    pub fn base_id(&self) -> &str {
        self.week_of.as_deref().unwrap_or(&self.id)
    }

    /// The same, of the name of an edition's digest.
    pub fn base_of(id: &str) -> &str {
        id.strip_suffix(WEEKLY).unwrap_or(id)
    }

    /// What readers get who want one edition a week: the most of its stories.
    pub fn weekly(&self) -> Self {
        Self {
            id: format!("{}{WEEKLY}", self.id),
            schedule: self.schedule.last_of_week(),
            order: Order::Top,
            send_empty: false,
            // A week that ended while nobody was there is told in the next.
            catch_up: Duration::from_secs(6 * 24 * 60 * 60),
            ping: None,
            week_of: Some(self.id.clone()),
            ..self.clone()
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Invalid(#[from] Box<Invalid>),
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// When the file cannot be read, or with every mistake in it at once.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes =
            std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Ok(Self::parse(path, bytes)?)
    }

    /// Checks the text of a configuration file that lies, or would lie, at `path`.
    ///
    /// # Errors
    /// Every mistake in it at once.
    pub fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, Box<Invalid>> {
        resolve::resolve(path, bytes)
    }

    /// What its mails cannot leave without and is not there, and what its feeds cannot be read without.
    pub fn unmet(&self) -> impl Iterator<Item = Unmet> {
        self.needs.iter().filter_map(|(place, need)| {
            Some(Unmet { place: place.clone(), what: need.unmet()?, stops_mail: need.stops_mail() })
        })
    }

    /// The digest of this name, or all of them.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn digests_named(&self, name: Option<&str>) -> Result<Vec<&Digest>, String> {
        let Some(name) = name else { return Ok(self.digests.iter().collect()) };
        match self.digests.iter().find(|d| d.id == name) {
            Some(digest) => Ok(vec![digest]),
            None => Err(unknown_name("digest", name, self.digests.iter().map(|digest| digest.id.as_str()))),
        }
    }

    /// The feeds of a digest, in the order of the file.
    pub fn feeds_of(&self, digest: &Digest) -> impl Iterator<Item = &FeedSettings> {
        digest.feeds.iter().filter_map(|&i| self.feeds.get(i))
    }

    /// The feed of this id.
    pub fn feed(&self, id: &str) -> Option<&FeedSettings> {
        self.feeds.iter().find(|settings| settings.feed.id == id)
    }

    /// What a digest wants of the articles of a feed, in editions whose frame is in `language`.
    pub fn wishes(&self, digest: &Digest, feed: &str, language: &str) -> Option<Wishes> {
        let own = digest.editor.as_ref()?;
        let overrides = self.feed(feed).map(|settings| settings.editor).unwrap_or_default();
        Some(Wishes {
            summaries: overrides.summaries.unwrap_or(own.summaries),
            translation: overrides.translation.unwrap_or(own.translation),
            language: self.editor_language(digest, language),
        })
    }

    /// In which language is written into a digest's editions, whose frame is in `language`.
    pub fn editor_language(&self, digest: &Digest, language: &str) -> String {
        let configured = self.editor.as_ref().and_then(|editor| editor.language.as_ref());
        digest.language.as_ref().or(configured).map_or_else(|| language.to_owned(), String::clone)
    }

    /// Where to write for no more mails of a digest: to where answers go, with words in the
    /// subject that a mail filter can tell.
    pub fn unsubscribe(&self, digest: &str) -> String {
        format!("mailto:{}?subject=unsubscribe%20{digest}", self.answers())
    }

    /// Where answers to the mails go.
    pub fn answers(&self) -> &Address {
        &self.mail.reply_to.as_ref().unwrap_or(&self.mail.from).address
    }

    /// Where whoever holds an edition's token reads it.
    pub fn web_edition(&self, token: &str) -> Option<String> {
        let is_off = self.web.is_none_or(|web| web.archive == Archive::Off);
        self.public_url.as_ref().filter(|_| !is_off).map(|url| format!("{url}/edition/{token}"))
    }

    /// Whether everybody may read the editions.
    pub fn is_public(&self) -> bool {
        self.web.is_some_and(|web| web.archive == Archive::Public)
    }

    /// Where the reader who holds a token leaves.
    pub fn leave_page(&self, token: &str) -> Option<String> {
        self.public_url.as_ref().map(|url| format!("{url}/unsubscribe/{token}"))
    }

    /// Where the reader who holds a token says what they want.
    pub fn own_page(&self, token: &str) -> Option<String> {
        self.public_url.as_ref().map(|url| format!("{url}/reader/{token}"))
    }

    /// Where whoever asked to join confirms it.
    pub fn confirm_page(&self, token: &str) -> Option<String> {
        self.public_url.as_ref().map(|url| format!("{url}/join/{token}"))
    }

    /// The recipients of a digest.
    pub fn recipients_of(&self, digest: &Digest) -> impl Iterator<Item = &Recipient> {
        digest.to.iter().filter_map(|&i| self.recipients.get(i))
    }
}
