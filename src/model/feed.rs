//! A feed as its owner configured it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// Where a feed's entries come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A feed document behind an `http` or `https` address.
    Web(Url),
    /// A feed document on disk.
    File(PathBuf),
    /// A folder of articles, one Markdown file each.
    Folder(PathBuf),
    /// A shell command that prints a feed document, run in this folder.
    Command(String, PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => {
                // An address may carry a password, and this text ends up in logs.
                let mut url = url.clone();
                if url.password().is_some() {
                    let _ = url.set_password(Some("…"));
                }
                write!(f, "{url}")
            }
            Self::File(path) | Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Command(command, _) => write!(f, "exec:{command}"),
        }
    }
}

/// How much of an article its reader wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Title,
    Excerpt,
    /// As much as the feed gives.
    Full,
    /// All of it, from the page the feed links to.
    Fetch,
}

/// A source we poll, and how its entries are shown.
#[derive(Debug, Clone)]
pub struct Feed {
    pub id: String,
    /// The owner's name for it; the feed's own title when absent.
    pub name: Option<String>,
    pub source: Source,
    pub section: Option<String>,
    /// Of a feed that a digest sees for the first time, only the newest so many.
    pub first_run: usize,
    /// At most so many entries of it in one edition.
    pub max_items: usize,
    pub content: Content,
    /// Longest excerpt, in display columns: a CJK character takes two.
    pub excerpt: usize,
    /// CSS selectors of what is not wanted in its articles.
    pub remove: Vec<String>,
    /// Where its articles end: this text, and what follows, is none of them.
    pub cut_after: Option<String>,
    /// Entries that came out longer ago are not shown.
    pub max_age: Option<Duration>,
}

impl Feed {
    /// What to call it when neither its owner nor the feed itself says.
    pub fn nameless(&self) -> String {
        match &self.source {
            Source::Web(url) => url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned(),
            Source::File(path) | Source::Folder(path) => {
                path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
            }
            Source::Command(..) => self.id.clone(),
        }
    }
}

/// One article of a folder, as its file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleFile {
    /// Relative to the folder.
    pub name: String,
    pub bytes: Vec<u8>,
}
